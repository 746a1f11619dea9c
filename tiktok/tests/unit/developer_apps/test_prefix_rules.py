"""TikTok's rules for URL prefixes and verification files, as tables."""

import pytest
from django.core.exceptions import ValidationError

from tiktok.developer_apps.prefix.problems import PrefixProblem, explain
from tiktok.developer_apps.prefix.rules import VerificationFile, obstacle, verification_file

TOKEN = "Vr8r1YMiO490psCs9PIqCeFssNIy7bN8"
LINE = f"tiktok-developers-site-verification={TOKEN}"
FILE = VerificationFile(f"tiktok{TOKEN}.txt", LINE)


@pytest.mark.parametrize("content", [LINE, f"{LINE}\n", f" {LINE}\r\n"])
@pytest.mark.parametrize("name", [None, FILE.name])
def test_file_as_tiktok_offers_it_is_accepted(content: str, name: str | None) -> None:
    assert verification_file(content, name=name) == FILE


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        ("", None, "content"),
        (TOKEN, None, "content"),
        (LINE.replace("tiktok-", "TikTok-"), None, "content"),
        (f"{LINE}/../", None, "content"),
        (f"{LINE}\n{LINE}", None, "content"),
        ("tiktok-developers-site-verification=short", None, "content"),
        (f"tiktok-developers-site-verification={'x' * 65}", None, "content"),
        ("<script>alert(1)</script>", None, "content"),
        (LINE, "", "file_name"),
        (LINE, "index.html", "file_name"),
        (LINE, f"tiktok{TOKEN} (1).txt", "file_name"),
        (LINE, f"TikTok{TOKEN}.txt", "file_name"),
        (LINE, f"../tiktok{TOKEN}.txt", "file_name"),
        (LINE, f"tiktok{TOKEN}.txt\n", "file_name"),
        (LINE, f"tiktok{TOKEN[::-1]}.txt", "mismatch"),
    ],
)
def test_any_other_name_or_content_is_refused(content: str, name: str | None, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        verification_file(content, name=name)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("https://clip.example.com/m/", None),
        ("https://clip.example.com:443/m/", None),
        ("http://clip.example.com/m/", PrefixProblem.NOT_HTTPS),
        ("https://clip.example.com:8443/m/", PrefixProblem.OTHER_PORT),
        ("http://127.0.0.1:8000/m/", PrefixProblem.OWN_MACHINE),
        ("https://localhost:8443/m/", PrefixProblem.OWN_MACHINE),
        ("http://[::1]:8000/m/", PrefixProblem.OWN_MACHINE),
        ("http://clipdesk:8000/m/", PrefixProblem.OWN_MACHINE),
        ("http://192.168.1.20:8000/m/", PrefixProblem.IP_ADDRESS),
        ("https://93.184.215.14/m/", PrefixProblem.IP_ADDRESS),
        ("https://[2606:2800:220:1::1]/m/", PrefixProblem.IP_ADDRESS),
    ],
)
def test_prefix_that_tiktok_never_takes_has_an_obstacle(prefix: str, expected: PrefixProblem | None) -> None:
    assert obstacle(prefix) == expected


@pytest.mark.parametrize("problem", PrefixProblem)
def test_each_problem_says_where_it_is_and_what_to_do(problem: PrefixProblem) -> None:
    said = explain(problem, url="https://clip.example.com/m/x.txt")

    assert "https://clip.example.com/m/x.txt" in said.text
    assert said.step
    assert "%" not in said.text + said.step
