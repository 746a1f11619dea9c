"""Headers of answers: what pages may do, who may read them, and what stays in a browser."""

from django.test import Client

from accounts.models import User


def test_every_answer_refuses_powers_other_origins_and_caches(client: Client, db: None) -> None:
    for address in ("/auth/login/", "/healthz", "/no/such/page/", "/api/v1/posts", "/instances/"):
        headers = client.get(address).headers
        assert "no-store" in headers["Cache-Control"], address
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert "camera=()" in headers["Permissions-Policy"], address


def test_sign_out_clears_what_the_browser_cached(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert "Clear-Site-Data" not in client.get("/instances/").headers

    answer = client.post("/auth/logout/")

    assert answer["Clear-Site-Data"] == '"cache"'
