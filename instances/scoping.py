"""Scoping of content: ``instance_scope()`` opens one instance, and without it a query raises (django-scopes).

django-scopes guards ``Model.objects``; the classes here close what it leaves open: ``exists``, ``explain`` and
``bulk_create`` without a scope, and writes into another instance than the scope's.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopeError, get_scope, scope, scopes_disabled
from django_scopes.manager import DisabledQuerySet

from instances.models.instance import Instance

M = TypeVar("M", bound=models.Model)


@contextmanager
def instance_scope(instance: Instance) -> Iterator[None]:
    """Open the scope of one instance. Scopes nest; the innermost counts. Threads start without one.

    Raises TypeError for None or a list, which django-scopes would take for *every* instance.
    """
    if not isinstance(instance, Instance):
        raise TypeError(f"instance_scope() takes an Instance, not {type(instance).__name__}")
    with scope(instance=instance):
        yield


@contextmanager
def unscoped(*, reason: str) -> Iterator[None]:
    """See every instance: for /admin/, data migrations and housekeeping only. A test lists the call sites."""
    if not reason:
        raise ValueError("unscoped() needs a reason")
    with scopes_disabled():
        yield


def current_instance_id() -> UUID | None:
    """Return the open scope's instance; None where all are visible. Raises ScopeError outside any scope."""
    state = get_scope()
    if state.get("_enabled") is False:
        return None
    if (instance := state.get("instance")) is None:
        raise ScopeError("no instance scope is open")
    return instance.pk  # type: ignore[no-any-return]


class ClosedQuerySet(DisabledQuerySet):
    """The queryset of a content model outside a scope: every use raises ScopeError."""

    def _closed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ScopeError(f"{self.model.__name__} was queried outside an instance scope")

    exists = explain = bulk_create = bulk_update = contains = in_bulk = create = _closed
    acount = aexists = exclude = defer = select_related = prefetch_related = using = _closed


class ContentQuerySet(models.QuerySet[M]):
    """A query inside one instance; it writes nothing into another."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """As Django's; raises ScopeError if one object belongs to another instance."""
        objs = list(objs)
        for obj in objs:
            refuse_foreign(obj)
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        """As Django's; content never moves to another instance."""
        if kwargs.keys() & {"instance", "instance_id"}:
            raise ScopeError("content stays in its instance")
        return super().update(**kwargs)


class ContentManager(models.Manager[M]):
    """Gives the rows of the open scope's instance, and outside a scope nothing but ScopeError."""

    def get_queryset(self) -> ContentQuerySet[M]:
        """Scoped when the queryset is built, so build it where it runs."""
        state = get_scope()
        if state.get("_enabled") is False:
            return ContentQuerySet(self.model, using=self._db)
        if (instance := state.get("instance")) is None:
            closed: Any = ClosedQuerySet(self.model, using=self._db, missing_scopes={"instance"})  # type: ignore[no-untyped-call]
            return closed  # type: ignore[no-any-return]
        return ContentQuerySet(self.model, using=self._db).filter(instance=instance)


class ContentModel(models.Model):
    """A row that belongs to one instance for good."""

    instance = models.ForeignKey(
        Instance, on_delete=models.CASCADE, related_name="+", editable=False, verbose_name=_("instance")
    )

    objects = ContentManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save. Raises ScopeError without a scope, or when this row or one it points to is another instance's."""
        refuse_foreign(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete. Raises ScopeError outside the row's own scope."""
        refuse_foreign(self)
        return super().delete(*args, **kwargs)


def _instance_id(row: models.Model) -> UUID:
    return row.instance_id  # type: ignore[attr-defined,no-any-return]


def refuse_foreign(row: models.Model) -> None:
    """Raise ScopeError unless ``row``, and all content it points to, lies in the open scope's instance."""
    instance_id = current_instance_id() or _instance_id(row)
    if _instance_id(row) != instance_id:
        raise ScopeError(f"this {row._meta.model_name} belongs to another instance")
    for field in row._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, ContentModel):
            _refuse_foreign_target(row, field)


def _refuse_foreign_target(row: models.Model, field: "models.ForeignKey[Any, Any]") -> None:
    """Compare a loaded target; look up one that is known by id only, and only where it is new."""
    if field.is_cached(row):
        target = getattr(row, field.name)
        wrong = target is not None and target.instance_id != _instance_id(row)
    else:
        target_id = getattr(row, field.attname)
        fresh = row._state.adding and target_id is not None
        wrong = (
            fresh and not field.related_model._base_manager.filter(pk=target_id, instance_id=_instance_id(row)).exists()
        )
    if wrong:
        raise ScopeError(f"{field.name} belongs to another instance")
