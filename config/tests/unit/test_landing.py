"""The landing page shows the product's own pages, small, in both themes, and says what Clipdesk is not."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.test import Client
from PIL import Image

ROOT: Final = Path(__file__).resolve().parents[3]
PICTURES: Final = sorted((ROOT / "static/img/landing").glob("*.webp"))
LARGEST_BYTES: Final = 60_000


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture_is_small_webp_of_the_declared_size(picture: Path) -> None:
    with Image.open(picture) as image:
        assert (image.format, image.size) == ("WEBP", (1200, 780))
    assert picture.stat().st_size <= LARGEST_BYTES


@pytest.mark.django_db
def test_each_picture_is_shown_in_its_theme_with_size_and_lazily(client: Client) -> None:
    page = client.get("/").content.decode()

    images = re.findall(r'<img class="shot-(light|dark)" src="/static/img/landing/([\w-]+\.webp)" ([^>]*)>', page)
    assert sorted(name for _theme, name, _rest in images) == [picture.name for picture in PICTURES]
    assert [name for theme, name, _rest in images if not name.endswith(f"-{theme}.webp")] == []
    assert all('width="1200" height="780" loading="lazy"' in rest for _theme, _name, rest in images)
    assert "TikTok only, on purpose" in page
