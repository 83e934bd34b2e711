"""What moto needs to stand in for AWS under concurrent requests, and how its outgoing messages are watched."""

import copy
import inspect
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import validators
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node  # type: ignore[attr-defined]
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.responses import DynamoHandler
from moto.ses.models import SESBackend
from moto.sns.models import SNSBackend

from infra.local.inbox import Inbox

DYNAMODB_LOCK = threading.RLock()
"""moto's DynamoDB checks and writes in separate steps: without this lock two conditional writes can both win.
"""


INBOXES: list[Inbox] = []
"""Who is told of each mail and SMS. A list, because moto's state is one per process while tests may start
several `LocalAws`.
"""

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


@cache
def install() -> None:
    """Once for each process, for good: no code here wants the unpatched functions back."""
    _wrap(DynamoHandler, "call_action", _locked)
    _wrap(DynamoDBBackend, "transact_write_items", _undoing_by_item)
    _wrap(SESBackend, "send_raw_email", _observing_mail)
    _wrap(SNSBackend, "publish", _observing_sms)
    _wrap(UpdateExpressionParser, "make", cache)  # who changes a parsed expression copies it
    _wrap(validators, "deepcopy", lambda _: _copied)
    _wrap(DepthFirstTraverser, "traverse", lambda _: _walk)
    # what holds for the whole expression holds for its parts, of which each would be asked
    _wrap(validators.ActionCountValidator, "traverse", lambda _: validators.ActionCountValidator.verify_action_counts)
    _wrap(
        validators.OverlappingPathsValidator,
        "traverse",
        lambda _: validators.OverlappingPathsValidator.check_for_overlapping_paths,
    )
    _wrap(ConditionExpressionParser, "_lex_condition_expression", _lexing_once)
    _wrap(responses, "method_names_from_class", cache)
    modules = tuple(backends.list_of_moto_modules())  # a walk over some 200 folders, twice for every request
    _wrap(backends, "list_of_moto_modules", lambda _: lambda: modules)


def _wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    setattr(owner, name, wrapper(getattr(owner, name)))


def put_in(owner: Any, function: Callable[..., Any]) -> None:
    """The function takes the place of the owner's of the same name."""
    setattr(owner, function.__name__, function)


def _locked(original: Callable[..., Any]) -> Callable[..., Any]:
    def call_action(handler: DynamoHandler) -> Any:
        with DYNAMODB_LOCK:
            return original(handler)

    return call_action


def _copied(expression: Any) -> Any:
    """The tree of an expression, which every update changes; to copy it node by node takes four times as long."""
    return pickle.loads(_pickled(expression))  # noqa: S301  # pickled just below


@cache
def _pickled(expression: Any) -> bytes:
    return pickle.dumps(expression)


def _walk(traverser: DepthFirstTraverser, root: Any) -> Any:
    """From the leaves to the root, as moto does, which asks at each node, and each text in it, what the walk is for."""
    kinds = traverser.nodes_to_be_processed()
    prepares = type(traverser).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child

    def visit(node: Any, position: int) -> Any:
        parent = node.parent
        for index, child in enumerate(node.children or ()):
            if prepares:
                traverser.pre_processing_of_child(node, index)
            if _is_of(child.__class__, Node):
                visit(child, index)
        if not _is_of(node.__class__, kinds):
            return node
        processed = traverser.process(node)
        processed.parent = parent
        if parent:
            parent.children[position] = processed
        return processed

    return visit(root, -1)


@cache
def _is_of(kind: type, kinds: Any) -> bool:
    return issubclass(kind, kinds)


def _lexing_once(original: Callable[..., Any]) -> Callable[..., Any]:
    """The words of a condition, which are few and come with every write; moto takes a list of its own apart."""
    known: dict[str, Any] = {}

    def lex(parser: ConditionExpressionParser) -> Any:
        text = parser.condition_expression or ""
        if text not in known:
            known[text] = original(parser)
        return known[text].copy()

    return lex


def _undoing_by_item(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the items that a transaction names for its roll-back; moto copies their tables whole, 30 ms for
    each thousand items.
    """

    def transact_write_items(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        undo = [_restorer(backend, operation) for item in transact_items for operation in item.values()]
        with _without_table_copies():
            try:
                original(backend, transact_items)
            except Exception:
                for restore in undo:
                    restore()
                raise

    return transact_write_items


@contextmanager
def _without_table_copies() -> Iterator[None]:
    Table.__deepcopy__ = lambda table, _memo: table  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]


def _restorer(backend: DynamoDBBackend, operation: dict[str, Any]) -> Callable[[], None]:
    table = backend.tables.get(operation.get("TableName", ""))
    attributes = operation.get("Key") or operation.get("Item") or {}
    if table is None or any(name not in attributes for name in table.table_key_attrs):
        return lambda: None  # moto refuses the transaction before it writes
    hash_key = DynamoType(attributes[table.hash_key_attr])
    range_key = DynamoType(attributes[table.range_key_attr]) if table.range_key_attr else None
    before = copy.deepcopy(table.get_item(hash_key, range_key))

    def restore() -> None:
        table.delete_item(hash_key, range_key)
        if before is not None and range_key is not None:
            table.items[hash_key][range_key] = before
        elif before is not None:
            table.items[hash_key] = before  # type: ignore[assignment]  # so does moto: the shape depends on the keys

    return restore


def _observing_mail(original: Callable[..., Any]) -> Callable[..., Any]:
    def send_raw_email(backend: SESBackend, source: str, destinations: list[str], raw_data: str) -> Any:
        envelope = list(destinations)  # moto adds the To header's addresses to the list that it is given
        sent = original(backend, source=source, destinations=destinations, raw_data=raw_data)
        for inbox in INBOXES:
            inbox.add_mail(envelope, raw_data)
        return sent

    return send_raw_email


def _observing_sms(original: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(original)

    def publish(*args: Any, **kwargs: Any) -> Any:
        sent = original(*args, **kwargs)
        given = signature.bind(*args, **kwargs).arguments
        for inbox in INBOXES:
            if given.get("phone_number"):
                inbox.add_sms(given["phone_number"], given["message"])
        return sent

    return publish
