"""The [server] table of site.toml: what is wrong with it is said by file and key, secrets are named and not held."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_server
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.servers import BasicAuth, BearerAuth, NoAuth, Secret, SmartBackend

BASE = 'base_url = "https://hospital.example/fhir/"'


def search(folder: Path, table: str) -> SearchPath:
    site = folder / "sites" / "mine"
    site.mkdir(parents=True)
    (site / "site.toml").write_text(f'title = "Mine"\n{table}', encoding="utf-8")
    return SearchPath((folder,))


def test_what_is_left_out_has_careful_defaults(tmp_path: Path) -> None:
    server = load_server(search(tmp_path, f"[server]\n{BASE}"), "mine")
    assert (server.base_url, server.auth) == ("https://hospital.example/fhir", NoAuth())
    assert (server.bulk, server.page_size, server.max_wait_s, server.allowed_origins) == (False, 500, 300, ())


@pytest.mark.parametrize(
    ("auth", "made"),
    [
        ('{ kind = "none" }', NoAuth()),
        ('{ kind = "bearer", token_env = "T" }', BearerAuth(Secret(env="T"))),
        ('{ kind = "basic", user = "u", password_env = "P" }', BasicAuth("u", Secret(env="P"))),
        (
            '{ kind = "smart", client_id = "c", key_id = "k", key_env = "K", algorithm = "RS384" }',
            SmartBackend("c", "k", Secret(env="K"), "RS384"),
        ),
    ],
)
def test_each_way_to_sign_in(tmp_path: Path, auth: str, made: object) -> None:
    assert load_server(search(tmp_path, f"[server]\n{BASE}\nauth = {auth}"), "mine").auth == made


def test_a_file_lies_beside_the_site_file(tmp_path: Path) -> None:
    table = f'[server]\n{BASE}\nca_file = "ca.pem"\nauth = {{ kind = "bearer", token_file = "/run/secrets/token" }}'
    server = load_server(search(tmp_path, table), "mine")
    assert server.ca_file == tmp_path / "sites" / "mine" / "ca.pem"
    assert server.auth == BearerAuth(Secret(Path("/run/secrets/token")))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "server: missing, expected a table with base_url"),
        ("[server]\nbulk = true", "server.base_url: missing"),
        (f"[server]\n{BASE}\nverify = false", "server.verify: unknown key"),
        (f"[server]\n{BASE}\npage_size = 0", "server.page_size: expected entries of a page"),
        (
            f'[server]\n{BASE}\nallowed_origins = ["https://x.example/path"]',
            "server.allowed_origins[0]: expected an origin",
        ),
        (
            f'[server]\n{BASE}\nauth = {{ kind = "bearer" }}',
            "server.auth.token_file: expected exactly one of",
        ),
        (f'[server]\n{BASE}\nauth = {{ kind = "bearer", token = "abc" }}', "server.auth.token: unknown key"),
        (
            f'[server]\n{BASE}\nauth = {{ kind = "bearer", token_file = "a", token_env = "b" }}',
            "server.auth.token_file: expected exactly one of token_file, token_env for kind bearer",
        ),
        (f'[server]\n{BASE}\nauth = {{ kind = "none", user = "u" }}', "server.auth.user: not for kind none"),
        (f'[server]\n{BASE}\nauth = {{ kind = "smart", key_file = "k" }}', "server.auth.client_id: expected"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_server(search(tmp_path, table), "mine")
    assert said in str(caught.value)


def test_a_site_without_a_server_may_be_screened_and_a_wrong_one_is_found_by_validating(
    tmp_path: Path,
) -> None:
    assert load_definitions(search(tmp_path / "a", ""), "mine").site.base_urls == ()
    wrong = search(tmp_path / "b", f'[server]\n{BASE}\nauth = {{ kind = "basic", user = "u" }}')
    with pytest.raises(DefinitionError, match="password_file"):
        load_definitions(wrong, "mine")


def test_the_servers_address_is_one_that_references_may_begin_with(tmp_path: Path) -> None:
    loaded = load_definitions(search(tmp_path, f"[server]\n{BASE}"), "mine")
    assert loaded.site.base_urls == ("https://hospital.example/fhir",)


def test_an_unknown_site_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        DefinitionError, match=r"sites/other/site\.toml: -: expected a site: one of example-hospital, mine"
    ):
        load_server(search(tmp_path, ""), "other")
