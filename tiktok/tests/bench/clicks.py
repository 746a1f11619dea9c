"""From a click on a link to the painted page, in Chromium: 13 instances, 66 accounts, 516 posts; and what is loaded.

A person's press lasts 80 ms; the time counts from the click, when the button is released.
"""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from statistics import quantiles
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from accounts.models import User
from instances.models import Instance
from instances.scoping import instance_scope
from instances.tests.factories import InstanceFactory
from tiktok.models import Post, PostState, TikTokAccount
from tiktok.tests.bench.stand import Stand
from tiktok.tests.bench.table import Measure
from tiktok.tests.browser.visitor import DESKTOP, chromium
from tiktok.tests.crowd import make_crowd
from tiktok.tests.integration.proofs.processes import Process, free_port, is_listening
from tiktok.tests.jobs_process import wait_until

INSTANCES, ACCOUNTS, POSTS = 13, 66, 516
ROUNDS, PRESS_MS, CALM_MS = 20, 80, 400
STATES: Final = (PostState.PUBLISHED, PostState.PUBLISHED, PostState.SCHEDULED, PostState.FAILED, PostState.DRAFT)
REMEMBER_CLICK: Final = """addEventListener("click", () =>
  sessionStorage.setItem("bench-click", String(performance.timeOrigin + performance.now())), true)"""
PAINTED: Final = """() => new Promise((resolve) => {
  const tell = (paint) => resolve({
    ms: performance.timeOrigin + paint.startTime - Number(sessionStorage.getItem("bench-click")),
    delivery: performance.getEntriesByType("navigation")[0].deliveryType,
  });
  new PerformanceObserver((list, observer) => {
    const paint = list.getEntriesByName("first-contentful-paint")[0];
    if (paint) { observer.disconnect(); tell(paint); }
  }).observe({ type: "paint", buffered: true });
})"""
LOADED: Final = """() => {
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sum = (list) => list.reduce((total, entry) => total + entry.transferSize, 0);
  const css = entries.filter((entry) => new URL(entry.name).pathname.endsWith(".css"));
  const cssDecoded = css.reduce((total, entry) => total + entry.decodedBodySize, 0);
  return { all: sum(entries), css: sum(css), cssDecoded };
}"""


def rows(stand: Stand) -> list[Measure]:
    """Six pages, each clicked twenty times from another one; cold loads of Home."""
    call_command("collectstatic", interactive=False, verbosity=0)
    instance, post = _fill(stand)
    cookie, port = _sign_in(instance), free_port()
    command = [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"]
    server = Process("web", command, os.environ | {"BASE_URL": f"http://127.0.0.1:{port}"}).start()
    try:
        wait_until(lambda: is_listening(port), what="the web server listens")
        with sync_playwright() as playwright:
            context = _window(playwright, f"http://127.0.0.1:{port}", cookie)
            return list(_measure(context, f"/i/{instance.slug}/", post))
    finally:
        server.close()


def _window(playwright: Playwright, url: str, cookie: Any) -> BrowserContext:
    width, height = DESKTOP
    context = chromium(playwright).new_context(base_url=url, viewport={"width": width, "height": height})
    context.add_cookies([cookie | {"url": url}])
    return context


def _fill(stand: Stand) -> tuple[Instance, str]:
    """Return the instance with most accounts and posts, and the address of a published post."""
    main = stand.instance(name="Northlight Studio", slug="northlight")
    accounts = make_crowd(main, ACCOUNTS - 2 * (INSTANCES - 1), stand.app)
    published = _write_posts(main, accounts, POSTS - 5 * (INSTANCES - 1))
    for number in range(INSTANCES - 1):
        other = InstanceFactory.create(tenant=main.tenant, name=f"Client {number}")
        _write_posts(other, make_crowd(other, 2, stand.app), 5)
    return main, reverse("tiktok:post-detail", args=[main.slug, published.pk])


def _write_posts(instance: Instance, accounts: list[TikTokAccount], number: int) -> Post:
    now = timezone.now()
    posts = [
        Post(
            instance=instance,
            account=accounts[n % len(accounts)],
            state=STATES[n % len(STATES)],
            caption=f"Six in the morning, take {n} #studio",
            publish_at=now + timedelta(hours=n) if STATES[n % len(STATES)] == PostState.SCHEDULED else None,
            published_at=now - timedelta(hours=n) if STATES[n % len(STATES)] == PostState.PUBLISHED else None,
        )
        for n in range(number)
    ]
    with instance_scope(instance):
        return Post.objects.bulk_create(posts)[0]


def _sign_in(instance: Instance) -> Any:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(tenant_memberships__tenant=instance.tenant))
    client.get(f"/i/{instance.slug}/")  # the first request of a session notes it
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}


def _measure(context: BrowserContext, home: str, post: str) -> Iterator[Measure]:
    page = context.new_page()
    page.add_init_script(REMEMBER_CLICK)
    page.goto(home, wait_until="load")
    loaded = page.evaluate(LOADED)
    yield Measure("Home, first visit: transfer of page, CSS, JS and icons", loaded["all"] / 1000, "kB")
    yield Measure("Home, first visit: transfer of CSS", loaded["css"] / 1000, "kB")
    yield Measure("Home, first visit: CSS to parse", loaded["cssDecoded"] / 1000, "kB")
    pages = {
        "Home": home,
        "Posts": f"{home}posts/",
        "Media": f"{home}media/",
        "Settings": f"{home}settings/general/",
        "Accounts": f"{home}accounts/",
        "a post": post,
    }
    for name, address in pages.items():
        start = pages["Media"] if name == "Home" else home
        times, deliveries = _clicks(page, start, address)
        note = f"{sum(delivery == 'navigational-prefetch' for delivery in deliveries)} of {ROUNDS} prefetched"
        yield Measure(f"click to painted page, {name}: p75", quantiles(times, n=4)[2], "ms", most=100, note=note)


def _clicks(page: Page, start: str, address: str) -> tuple[list[float], list[str]]:
    times, deliveries = [], []
    for _round in range(ROUNDS + 2):
        page.goto(start, wait_until="load")
        link = page.locator(f'a[href="{address}"], a[href="{_path(address)}"]').first
        if not link.is_visible():  # settings of one kind are not in the rail, and this post may not be on the page
            link = _add_link(page, _path(address))
        link.hover()
        page.wait_for_timeout(CALM_MS)  # scripts and polls of the start are over
        page.mouse.down()
        page.wait_for_timeout(PRESS_MS)
        page.mouse.up()
        page.wait_for_url(f"**{_path(address)}")
        painted = page.evaluate(PAINTED)
        times.append(painted["ms"])
        deliveries.append(painted["delivery"])
    return times[2:], deliveries[2:]  # the first visits fill the caches


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3] if "://" in address else address


def _add_link(page: Page, path: str) -> Any:
    page.evaluate(
        "(path) => document.querySelector('main').prepend(Object.assign(document.createElement('a'),"
        " { href: path, id: 'bench', textContent: 'Open' }))",
        path,
    )
    return page.locator("#bench")
