"""Accounts by API: what programs see and may change."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditLogEntry, User
from instances.models import Instance
from instances.roles import KeyScope
from instances.scoping import instance_scope
from tiktok.access import throttle
from tiktok.api.limits import Endpoint
from tiktok.models import AccountStatus, TikTokAccount
from tiktok.tests.factories import SCOPES, CredentialFactory, TikTokAppFactory, make_account
from tiktok.tests.fixtures_rest import Api, MakeApi, fields_of
from tiktok.tests.simulator_process import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def admins(make_api: MakeApi, admin: User) -> Api:
    return make_api(admin)


@pytest.fixture
def bakery(instance: Instance) -> TikTokAccount:
    sandbox = TikTokAppFactory.create(environment="sandbox", scopes=SCOPES)
    credential = CredentialFactory.create(app=sandbox, scopes=SCOPES[:-1])
    with instance_scope(instance):
        return make_account(
            instance, name="Bakery", credential=credential, follower_count=2**53 + 1, synced_at=timezone.now()
        )


def test_an_account_says_all_but_its_tokens(admins: Api, bakery: TikTokAccount) -> None:
    answer = admins.get(f"/accounts/{bakery.pk}")

    found: dict[str, Any] = answer.json()
    assert (found["id"], found["name"], found["status"]) == (str(bakery.pk), "Bakery", "active")
    assert (found["is_sandbox"], found["scopes"]) == (True, SCOPES[:-1])
    assert found["missing_features"] == ["drafts in the TikTok inbox"]
    assert found["profile"]["follower_count"] == "9007199254740993"
    assert found["profile"]["likes_count"] is None
    assert found["permission_ends_at"].endswith(("Z", "+00:00"))
    assert "act." not in answer.content.decode()
    assert "rft." not in answer.content.decode()


def test_lists_come_in_pages(admins: Api, instance: Instance) -> None:
    app = TikTokAppFactory.create()
    with instance_scope(instance):
        for number in range(5):
            make_account(instance, name=f"A{number}", credential=CredentialFactory.create(app=app))

    names, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = admins.get("/accounts", limit=2, **({"cursor": cursor} if cursor else {})).json()
        names += [item["name"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert (names, pages) == (["A4", "A3", "A2", "A1", "A0"], 3)
    assert fields_of(admins.get("/accounts", cursor="x")) == ["cursor"]


def test_a_name_is_changed(admins: Api, admin: User, bakery: TikTokAccount) -> None:
    answer = admins.send("PATCH", f"/accounts/{bakery.pk}", {"name": " The bakery "})

    assert (answer.status_code, answer.json()["name"]) == (200, "The bakery")
    assert AuditLogEntry.objects.get(action="account.renamed").actor == admin


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "  "}, "name"), ({"name": None}, "name"), ({"name": 5}, "name"),
     ({"name": "x" * 81}, "name"), ({"name": "a\0b"}, "name"), ({"name": "ok", "status": "active"}, "status"),
     ({"labels": "VIP"}, "labels"), ({"labels": None}, "labels"), ({"labels": [5]}, "labels.0"),
     ({"labels": ["x" * 31]}, "labels"), ({"labels": [f"{n}" for n in range(11)]}, "labels")],
)  # fmt: skip
def test_bad_input_names_its_field(admins: Api, bakery: TikTokAccount, body: dict[str, Any], field: str) -> None:
    answer = admins.send("PATCH", f"/accounts/{bakery.pk}", body)

    assert (answer.status_code, fields_of(answer)) == (422, [field])


def test_deleting_disconnects_and_may_be_repeated(admins: Api, bakery: TikTokAccount) -> None:
    for _ in range(2):
        answer = admins.send("DELETE", f"/accounts/{bakery.pk}")
        assert (answer.status_code, answer.json()["status"]) == (202, "disconnecting")

    with instance_scope(bakery.instance):
        assert TikTokAccount.objects.get().status == AccountStatus.DISCONNECTING
    assert AuditLogEntry.objects.filter(action="account.disconnecting").count() == 1


def test_an_editors_key_reads_and_changes_nothing(make_api: MakeApi, editor: User, bakery: TikTokAccount) -> None:
    api = make_api(editor)

    assert api.get("/accounts").status_code == 200
    assert api.send("PATCH", f"/accounts/{bakery.pk}", {"name": "x"}).status_code == 403
    assert api.send("DELETE", f"/accounts/{bakery.pk}").status_code == 403


def test_a_key_without_the_scope_is_refused(make_api: MakeApi, admin: User, bakery: TikTokAccount) -> None:
    api = make_api(admin, KeyScope.POSTS_READ)

    assert api.get("/accounts").json()["code"] == "scope_missing"
    assert api.get(f"/accounts/{bakery.pk}").status_code == 403


def test_another_instances_account_is_not_there(admins: Api, other_instance: Instance) -> None:
    with instance_scope(other_instance):
        theirs = make_account(other_instance)

    assert admins.get(f"/accounts/{theirs.pk}").status_code == 404
    assert admins.get("/accounts").json()["items"] == []
    assert admins.get("/accounts/nonsense").status_code == 404


def test_labels_are_replaced_and_written_down(admins: Api, admin: User, bakery: TikTokAccount) -> None:
    answer = admins.send("PATCH", f"/accounts/{bakery.pk}", {"labels": [" Spring ", "VIP", "vip"]})

    assert (answer.status_code, answer.json()["labels"], answer.json()["name"]) == (200, ["Spring", "VIP"], "Bakery")
    line = AuditLogEntry.objects.get(action="account.labelled")
    assert (line.actor, line.detail) == (admin, {"before": [], "after": ["Spring", "VIP"]})
    admins.send("PATCH", f"/accounts/{bakery.pk}", {"labels": ["Spring", "VIP"]})
    assert AuditLogEntry.objects.filter(action="account.labelled").count() == 1
    assert admins.send("PATCH", f"/accounts/{bakery.pk}", {"labels": []}).json()["labels"] == []


def test_accounts_are_found_by_label_page_by_page(admins: Api, instance: Instance, other_instance: Instance) -> None:
    app = TikTokAppFactory.create()
    with instance_scope(instance):
        for number, labels in enumerate((["Ärzte"], [], ["x", "ärzte"], ["Ärzteblatt"])):
            make_account(instance, name=f"A{number}", labels=labels, credential=CredentialFactory.create(app=app))
    with instance_scope(other_instance):
        make_account(other_instance, name="Theirs", labels=["Ärzte"])

    first = admins.get("/accounts", label="ÄRZTE", limit=1).json()
    second = admins.get("/accounts", label="ÄRZTE", limit=1, cursor=first["next_cursor"]).json()

    assert [item["name"] for item in first["items"] + second["items"]] == ["A2", "A0"]
    assert second["next_cursor"] is None
    assert admins.get("/accounts", label="nobody").json()["items"] == []


@pytest.fixture
def synced(sim: Simulator, account: TikTokAccount) -> str:
    """The address of an account that TikTok knows."""
    return f"/accounts/{account.pk}/sync"


def test_sync_reads_the_profile_and_may_be_repeated(make_api: MakeApi, editor: User, synced: str) -> None:
    api = make_api(editor, KeyScope.ACCOUNTS_READ)

    for _ in range(2):
        answer = api.send("POST", synced)
        assert answer.status_code == 202
        assert (answer.json()["name"], answer.json()["profile"]["display_name"]) == ("Bakery", "Maren")
    assert answer.json()["synced_at"]
    states = {feature["scope"]: feature["state"] for feature in answer.json()["features"]}
    assert states["video.publish"] == "granted"


def test_a_viewers_key_does_not_sync(make_api: MakeApi, viewer: User, synced: str, sim: Simulator) -> None:
    assert make_api(viewer).send("POST", synced).status_code == 403
    assert sim.requests("user_info") == []


def test_sync_at_tiktoks_rate_says_when_to_come_again(
    admins: Api, synced: str, account: TikTokAccount, sim: Simulator
) -> None:
    throttle.gate(account.credential_id, Endpoint.USER_INFO, seconds=40)

    answer = admins.send("POST", synced)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate")
    assert 30 < int(answer["Retry-After"]) <= 40
    assert sim.requests("user_info") == []


def test_sync_after_tiktoks_own_429_says_so_too(admins: Api, synced: str, sim: Simulator) -> None:
    sim.fault("error", "user_info", code="rate_limit_exceeded", status=429)

    answer = admins.send("POST", synced)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate")
    assert int(answer["Retry-After"]) >= 60


def test_sync_of_a_lost_or_disconnected_account_says_what_has_to_happen(
    admins: Api, synced: str, account: TikTokAccount, sim: Simulator
) -> None:
    sim.revoke("maren")
    for _ in range(2):
        answer = admins.send("POST", synced)
        assert (answer.status_code, answer.json()["code"]) == (409, "reconnect_needed")
        assert answer.json()["detail"].startswith("TikTok has ended the authorization for this account.")
    with instance_scope(account.instance):
        TikTokAccount.objects.update(status=AccountStatus.DISCONNECTED)
    assert admins.send("POST", synced).json()["code"] == "account_disconnected"


def test_sync_while_tiktok_does_not_answer_is_worth_another_try(admins: Api, synced: str, sim: Simulator) -> None:
    sim.fault("server_error", "user_info")

    answer = admins.send("POST", synced)
    assert (answer.status_code, answer.json()["log_id"] != "") == (503, True)
    assert admins.send("POST", synced).status_code == 202
