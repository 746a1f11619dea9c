"""Pages and emails come in the language of the person who reads them."""

import pytest
from django.test import Client
from django.utils import translation

from accounts.languages import in_language_of
from accounts.models import User

PROFILE = "/auth/profile/"


def language_of(client: Client, **headers: str) -> str:
    return str(client.get(PROFILE, headers=headers)["Content-Language"])


@pytest.mark.django_db
def test_page_comes_in_the_browsers_language(client: Client, editor: User) -> None:
    client.force_login(editor)

    assert language_of(client, accept_language="de-AT,de;q=0.9,en;q=0.5") == "de"
    assert language_of(client, accept_language="fr") == "en"


@pytest.mark.django_db
def test_chosen_language_wins_over_the_browsers(client: Client, editor: User) -> None:
    client.force_login(editor)

    client.post(PROFILE, {"name": editor.name, "language": "es"})

    assert language_of(client, accept_language="de") == "es"
    editor.refresh_from_db()
    assert editor.language == "es"


@pytest.mark.django_db
def test_language_that_is_gone_is_ignored(client: Client, editor: User) -> None:
    User.objects.filter(pk=editor.pk).update(language="xx")
    client.force_login(editor)

    assert language_of(client, accept_language="de") == "de"


@pytest.mark.django_db
def test_unknown_language_is_refused(client: Client, editor: User) -> None:
    client.force_login(editor)

    page = client.post(PROFILE, {"name": "Lena", "language": "tlh"})

    assert page.context["form"].errors.keys() == {"language"}


def test_email_comes_in_its_readers_language() -> None:
    with translation.override("es"):
        with in_language_of(User(language="de")):
            assert translation.get_language() == "de"
        with in_language_of(User()):
            assert translation.get_language() == "es"
        with in_language_of(None):
            assert translation.get_language() == "es"
