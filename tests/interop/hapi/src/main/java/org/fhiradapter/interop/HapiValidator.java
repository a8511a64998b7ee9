package org.fhiradapter.interop;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.slf4j.LoggerFactory;

/**
 * HL7's validator on files, without a network: {@code HapiValidator (FOLDER | FILE)...}
 *
 * <p>A folder adds profiles, value sets and code systems; a file holds one resource, or one a line when it ends in
 * .ndjson. Every error is one line {@code FILE:LINE: SEVERITY PLACE TEXT} on standard output. The exit status is 0
 * without errors, 1 with some, 2 when nothing was looked at, which is most likely a wrong path.
 */
public class HapiValidator {
    private static final Set<String> DEFINITIONS = Set.of("StructureDefinition", "ValueSet", "CodeSystem");

    private final FhirContext context = FhirContext.forR4();
    private final PrePopulatedValidationSupport definitions = new PrePopulatedValidationSupport(context);
    private final FhirValidator validator = context.newValidator();
    private int looked;
    private int refused;

    public static void main(String[] arguments) throws IOException {
        // HAPI logs to standard output, between our lines, unless it is told to be silent.
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.ERROR);
        HapiValidator run = new HapiValidator();
        List<Path> paths = Stream.of(arguments).map(Path::of).toList();
        for (Path folder : paths.stream().filter(Files::isDirectory).toList()) {
            run.addDefinitions(folder);
        }
        run.prepare();
        for (Path file : paths.stream().filter(path -> !Files.isDirectory(path)).toList()) {
            run.look(file);
        }
        System.exit(run.looked == 0 ? 2 : run.refused > 0 ? 1 : 0);
    }

    private void addDefinitions(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.filter(path -> path.toString().endsWith(".json")).sorted().toList()) {
                String text = Files.readString(path);
                // A package's folder holds examples and its own package.json beside the definitions.
                if (DEFINITIONS.contains(new ObjectMapper().readTree(text).path("resourceType").asText())) {
                    definitions.addResource(context.newJsonParser().parseResource(text));
                }
            }
        }
    }

    private void prepare() {
        ValidationSupportChain knowledge = new ValidationSupportChain(
                definitions,
                new DefaultProfileValidationSupport(context),
                new CommonCodeSystemsTerminologyService(context),
                new InMemoryTerminologyServerValidationSupport(context),
                new SnapshotGeneratingValidationSupport(context));
        // FHIR asks for one coding from a required value set, with others beside it; HAPI by default for all of them.
        knowledge.setCodeableConceptValidationSuccessfulIfNotAllCodingsAreValid(true);
        validator.registerValidatorModule(new FhirInstanceValidator(knowledge));
    }

    private void look(Path file) throws IOException {
        boolean lines = file.toString().endsWith(".ndjson");
        List<String> texts = lines ? Files.readAllLines(file) : List.of(Files.readString(file));
        for (int number = 0; number < texts.size(); number++) {
            if (!texts.get(number).isBlank()) {
                look(file + ":" + (number + 1), texts.get(number));
            }
        }
    }

    /** Takes the text, not a parsed resource: a parser drops the elements it does not know. */
    private void look(String place, String text) {
        List<SingleValidationMessage> errors;
        try {
            errors = validator.validateWithResult(text).getMessages().stream()
                    .filter(message -> message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0)
                    .toList();
        } catch (DataFormatException unreadable) {
            SingleValidationMessage message = new SingleValidationMessage();
            message.setSeverity(ResultSeverityEnum.FATAL);
            message.setMessage(unreadable.getMessage());
            errors = List.of(message);
        }
        for (SingleValidationMessage error : errors) {
            System.out.printf(
                    "%s: %s %s %s%n", place, error.getSeverity(), error.getLocationString(), error.getMessage());
        }
        looked++;
        refused += errors.isEmpty() ? 0 : 1;
    }
}
