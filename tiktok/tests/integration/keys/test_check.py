"""``check --deploy --database default`` knows when a key of the ring is missing."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from pytest_django import Settings

from core.doctor.finding import State
from core.doctor.run import CheckContext
from tiktok.keys.check import MISSING_KEY, check_stored_keys
from tiktok.keys.columns import stored_key_ids
from tiktok.keys.findings import stored_keys
from tiktok.tests.integration.keys.conftest import NEW, OLD, only

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("stored")
def test_with_every_key_in_the_ring_nothing_is_wrong(ring: Settings) -> None:
    assert check_stored_keys(databases=["default"]) == []


@pytest.mark.usefixtures("stored")
def test_missing_key_fails_only_the_deployment_check(ring: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    ring.FIELD_ENCRYPTION_KEYS = only(NEW)

    with pytest.raises(SystemCheckError) as raised:
        call_command("check", deploy=True, databases=["default"], tags=["database"])
    call_command("check", databases=["default"], tags=["database"])  # as `migrate` does, which a lost key must not stop

    said = str(raised.value)
    assert f"({MISSING_KEY}) Secrets in the database 'default' that cannot be read" in said
    assert f"no key with the id {OLD}: 8 (mfa_authenticator.data.secret: 1, " in said
    assert f"HINT: Put key {OLD} back behind the newest one in FIELD_ENCRYPTION_KEYS" in said


@pytest.mark.usefixtures("stored")
def test_it_counts_and_decrypts_nothing(ring: Settings) -> None:
    ring.FIELD_ENCRYPTION_KEYS = dict.fromkeys((NEW, OLD), b"0" * 32)  # with these no value can be read

    assert check_stored_keys(databases=["default"]) == []


def doctor_says() -> list[tuple[State, str]]:
    context = CheckContext(is_online=False, database_answers=True)
    return [(finding.state, finding.text) for finding in stored_keys(context)]


@pytest.mark.usefixtures("stored")
def test_doctor_reports_missing_and_replaced_keys(ring: Settings) -> None:
    assert doctor_says() == [(State.OK, "Every stored secret has its key in FIELD_ENCRYPTION_KEYS.")]

    ring.FIELD_ENCRYPTION_KEYS = only(NEW)
    assert doctor_says() == [(State.FAULT, f"FIELD_ENCRYPTION_KEYS lacks key {OLD}, which encrypts 8 stored secrets.")]

    ring.FIELD_ENCRYPTION_KEYS = {OLD: b"0" * 32}
    assert doctor_says() == [
        (
            State.FAULT,
            "Key k1 of FIELD_ENCRYPTION_KEYS is not the key that encrypted the secrets stored under this id.",
        )
    ]


@pytest.mark.usefixtures("stored")
def test_doctor_takes_a_damaged_value_for_no_wrong_key(ring: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tiktok_tiktokcredential SET access_token = %s", [f"{OLD}:damaged"])

    assert [state for state, _ in doctor_says()] == [State.OK]


@pytest.mark.django_db(transaction=True)
def test_it_is_silent_about_tables_that_are_not_there_yet() -> None:
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE tiktok_initreceipt RENAME TO set_aside")
    try:
        assert "tiktok_initreceipt.upload_url" not in stored_key_ids()
        assert check_stored_keys(databases=["default"]) == []
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE set_aside RENAME TO tiktok_initreceipt")
