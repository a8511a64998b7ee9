package org.fhiradapter.interop;

import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.api.IReductionStepExecutorService;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.stereotype.Component;

/**
 * Lets Bulk exports advance twice a second.
 *
 * <p>HAPI's scheduler takes one step of a job a minute: an export of ten patients would take four minutes.
 */
@Component
public class ExportClock implements ApplicationRunner {
    private static final long TICK_MS = 500;

    private final IJobMaintenanceService jobs;
    private final IReductionStepExecutorService reducer;

    ExportClock(IJobMaintenanceService jobs, IReductionStepExecutorService reducer) {
        this.jobs = jobs;
        this.reducer = reducer;
    }

    @Override
    public void run(ApplicationArguments arguments) {
        Thread clock = new Thread(this::tick, "export-clock");
        clock.setDaemon(true);
        clock.start();
    }

    private void tick() {
        while (true) {
            try {
                Thread.sleep(TICK_MS);
                jobs.runMaintenancePass();
                reducer.reducerPass();
            } catch (InterruptedException stopped) {
                return;
            } catch (RuntimeException busy) {
                // HAPI's own scheduler was at the same job; the next tick does it.
            }
        }
    }
}
