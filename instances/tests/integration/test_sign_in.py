"""Sign-in, two-factor, sessions and lost passwords, through the pages that people use."""

import base64
import hmac
import json
import re
import struct
import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from allauth.usersessions.models import UserSession
from django.conf import LazySettings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.models import OutgoingMail
from instances.models import Instance
from instances.tests.factories import PASSWORD

LOGIN = "/auth/login/"


def totp(secret: str, moment: float) -> str:
    """The six digits that an authenticator app shows at that time (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(moment) // 30), "sha1")
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def post_code(client: Client, page: str, secret: str) -> Any:
    """Send the code of this moment; the half minute for which it holds does not end on the way."""
    moment = time.time()
    with patch.object(auth, "time", SimpleNamespace(time=lambda: moment)):
        return client.post(page, {"code": totp(secret, moment)})


def sign_in(client: Client, user: User, **fields: str) -> str:
    """Give address and password; where it leads."""
    answer = client.post(LOGIN, {"login": user.email, "password": PASSWORD} | fields)
    assert answer.status_code == 302, answer.context["form"].errors
    return str(answer["Location"])


ACTIVATE = "/auth/2fa/totp/activate/"


def set_up_totp(client: Client) -> str:
    """Turn TOTP on, after the password was asked for again; the secret."""
    again = client.get(ACTIVATE)["Location"]
    assert again.startswith("/auth/reauthenticate/")
    assert client.post(again, {"password": PASSWORD, "next": ACTIVATE})["Location"] == ACTIVATE
    secret = str(client.get(ACTIVATE).context["form"].secret)
    assert client.post(ACTIVATE, {"code": "12345"}).status_code == 200
    assert post_code(client, ACTIVATE, secret)["Location"] == "/auth/2fa/recovery-codes/"
    return secret


def set_up_two_factor(client: Client) -> list[str]:
    """Turn TOTP on; the recovery codes."""
    set_up_totp(client)
    return list(client.get("/auth/2fa/recovery-codes/").context["unused_codes"])


def test_people_sign_in_by_address_in_any_case_and_land_in_their_instance(client: Client, editor: User) -> None:
    assert sign_in(client, editor, login=editor.email.upper()) == "/i/aurora/"


def test_sign_in_continues_to_the_requested_page(client: Client, owner: User) -> None:
    wanted = client.get("/i/aurora/settings/members/")["Location"]

    assert wanted == "/auth/login/?next=/i/aurora/settings/members/"
    assert sign_in(client, owner, next="/i/aurora/settings/members/") == "/i/aurora/settings/members/"
    assert sign_in(Client(), owner, next="https://evil.example/") == "/i/aurora/"


@pytest.mark.parametrize(
    ("came_from", "goes_on"),
    [
        ("http://testserver/i/aurora/settings/members/?page=2", "/i/aurora/settings/members/"),
        ("http://evil.example/i/aurora/settings/members/", "/instances/"),
        ("http://testserver/auth/login/", "/instances/"),
        ("", "/instances/"),
    ],
)
def test_button_pressed_after_the_sign_in_has_ended_leads_back_to_its_page(
    client: Client, came_from: str, goes_on: str
) -> None:
    answer = client.post("/i/aurora/notifications/read/", headers={"Referer": came_from})

    assert answer["Location"] == f"/auth/login/?next={goes_on}"


def test_address_of_a_button_opened_by_hand_says_what_to_do(client: Client, editor: User) -> None:
    sign_in(client, editor)
    answer = client.get("/i/aurora/notifications/read/")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Go back and use the button" in answer.content.decode()


def test_people_without_an_instance_land_on_the_list(client: Client, ex_member: User) -> None:
    assert sign_in(client, ex_member) == "/instances/"
    assert "You are not in an instance yet" in client.get("/instances/").content.decode()


def test_wrong_password_is_refused_and_guessing_is_slowed(client: Client, editor: User) -> None:
    for _ in range(5):
        page = client.post(LOGIN, {"login": editor.email, "password": "wrong"})
        assert page.status_code == 200

    page = client.post(LOGIN, {"login": editor.email, "password": PASSWORD})

    assert page.status_code == 200
    assert "Try again in 5 minutes." in str(page.context["form"].errors)


def test_person_shut_out_cannot_sign_in(client: Client, editor: User) -> None:
    User.objects.filter(pk=editor.pk).update(is_active=False)

    client.post(LOGIN, {"login": editor.email, "password": PASSWORD})

    assert client.get("/instances/").status_code == 302


def test_two_factor_asks_for_a_code_at_the_next_sign_in(client: Client, editor: User) -> None:
    sign_in(client, editor)
    secret = set_up_totp(client)

    other = Client()
    assert sign_in(other, editor) == "/auth/2fa/authenticate/"
    assert other.get("/instances/").status_code == 302
    assert other.post("/auth/2fa/authenticate/", {"code": "000000"}).status_code == 200
    answer = post_code(other, "/auth/2fa/authenticate/", secret)

    assert answer["Location"] == "/i/aurora/"


def test_two_factor_secrets_are_encrypted_and_fail_closed_without_the_key(
    client: Client, editor: User, settings: Settings
) -> None:
    sign_in(client, editor)
    secret = set_up_totp(client)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert next(iter(settings.FIELD_ENCRYPTION_KEYS)) + ":" in stored

    settings.FIELD_ENCRYPTION_KEYS = {"k9": b"9" * 32}
    other = Client()
    sign_in(other, editor)
    assert post_code(other, "/auth/2fa/authenticate/", secret).status_code == 200  # asked again


def test_recovery_code_opens_once(client: Client, editor: User) -> None:
    sign_in(client, editor)
    codes = set_up_two_factor(client)
    assert len(codes) == 10

    other = Client()
    sign_in(other, editor)
    assert other.post("/auth/2fa/authenticate/", {"code": codes[0]})["Location"] == "/i/aurora/"
    third = Client()
    sign_in(third, editor)
    assert third.post("/auth/2fa/authenticate/", {"code": codes[0]}).status_code == 200
    assert third.get("/instances/").status_code == 302


def test_other_sessions_are_listed_and_ended(client: Client, editor: User) -> None:
    phone = Client()
    sign_in(client, editor)
    sign_in(phone, editor)
    assert phone.get("/instances/").status_code == 200
    client.get("/instances/")
    assert len(client.get("/auth/sessions/").context["sessions"]) == 2

    client.post("/auth/sessions/")
    client.post("/auth/reauthenticate/", {"password": PASSWORD, "next": "/auth/sessions/"})

    assert phone.get("/instances/").status_code == 302
    assert client.get("/instances/").status_code == 200
    assert UserSession.objects.count() == 1


def test_lost_password_is_reset_by_mail(client: Client, editor: User, settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://localhost"
    client.post("/auth/password/reset/", {"email": editor.email})
    mail = OutgoingMail.objects.get()
    link = re.search(r"https?://[^/]+(/auth/password/reset/key/\S+)", mail.text)
    assert mail.to == editor.email
    assert link

    form = client.get(link[1], follow=True)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    client.post(form.redirect_chain[-1][0], new)

    assert client.post(LOGIN, {"login": editor.email, "password": PASSWORD}).status_code == 200
    assert sign_in(Client(), editor, password="another horse battery") == "/i/aurora/"
    assert client.get(link[1], follow=True).context.get("token_fail")


def test_tenant_that_asks_for_two_factor_sends_people_to_set_it_up(
    client: Client, instance: Instance, owner: User
) -> None:
    instance.tenant.require_two_factor = True
    instance.tenant.save()
    sign_in(client, owner)

    answer = client.get("/i/aurora/settings/general/", follow=True)
    assert answer.redirect_chain[-1][0] == "/auth/2fa/"
    assert "requires two-factor sign-in" in answer.content.decode()

    set_up_two_factor(client)
    assert client.get("/i/aurora/settings/general/").status_code == 200


def test_policy_is_turned_on_only_by_owners_who_have_two_factor_themselves(
    client: Client, instance: Instance, owner: User
) -> None:
    sign_in(client, owner)
    assert client.post("/i/aurora/settings/two-factor/", {"required": "on"})["Location"] == "/auth/2fa/"
    instance.tenant.refresh_from_db()
    assert not instance.tenant.require_two_factor

    set_up_two_factor(client)
    client.post("/i/aurora/settings/two-factor/", {"required": "on"})

    instance.tenant.refresh_from_db()
    assert instance.tenant.require_two_factor


def test_admin_has_no_sign_in_of_its_own(client: Client, owner: User) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/auth/login/?next=/admin/"

    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    assert sign_in(client, owner, next="/admin/") == "/admin/"


def test_admin_is_closed_to_people_who_are_no_staff(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/admin/", follow=True).status_code == 403


def test_person_changes_their_name(client: Client, editor: User) -> None:
    client.force_login(editor)

    client.post("/auth/profile/", {"name": "Edda"})

    editor.refresh_from_db()
    assert editor.name == "Edda"


@pytest.mark.parametrize("key", ['"aaaaaaaaaa\\000"', "aaaa-bbbb;aaaa", '"\\303\\244\\303\\244 \\303\\244aaaaa"'])
def test_invented_session_cookie_signs_no_one_in(client: Client, db: None, key: str) -> None:
    answer = client.get("/instances/", headers={"cookie": f"sessionid={key}"})
    assert (answer.status_code, answer["Location"]) == (302, "/auth/login/?next=/instances/")


def test_signing_out_ends_the_session(client: Client, editor: User) -> None:
    sign_in(client, editor)

    assert client.post("/auth/logout/")["Location"] == "/"
    assert client.get("/instances/").status_code == 302
