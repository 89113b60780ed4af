"""A stand-in for the part of KNIME's API that the host calls.

It records each call in `CALLS`; `test_real_api.py` binds them to KNIME's own signatures.
"""

import enum
import io
import json
from functools import wraps
from types import SimpleNamespace

import PIL.Image
import pyarrow as pa
from knime.types.builtin import FSLocationValue

CALLS = set()
NODES = {}
NodeType = enum.Enum("NodeType", ["SOURCE", "MANIPULATOR"])
LayoutDirection = enum.Enum("LayoutDirection", ["HORIZONTAL"])
Effect = enum.Enum("Effect", ["SHOW", "HIDE"])


def recorded(called):
    @wraps(called)
    def call(*given, **named):
        CALLS.add((call.__qualname__, len(given), tuple(named)))
        return called(*given, **named)

    return call


class InvalidParametersError(Exception):
    pass


class PortType:
    CREDENTIAL = "PortType.CREDENTIAL"


class PortObjectSpec:
    pass


class PortObject:
    def __init__(self, spec):
        self.spec = spec


@recorded
def category(path, level_id, name, description, icon):
    return f"{path}/{level_id}"


@recorded
def node(name, node_type, icon_path, category, keywords=None, id=None):
    def register(factory):
        NODES[id] = SimpleNamespace(factory=factory, name=name, icon_path=icon_path, keywords=keywords)
        return factory

    return register


def _port(kind, attribute):
    def port(name, description, port_type=None, optional=False):
        def add(factory):
            added = SimpleNamespace(name=name, description=description, optional=optional)
            setattr(factory, attribute, [added, *factory.__dict__.get(attribute, [])])
            return factory

        return add

    port.__qualname__ = kind
    return recorded(port)


input_port, input_table = _port("input_port", "input_ports"), _port("input_table", "input_ports")
output_port, output_table = _port("output_port", "output_ports"), _port("output_table", "output_ports")
output_view = _port("output_view", "output_views")


@recorded
def port_type(name, object_class, spec_class, id=None):
    return id


@recorded
def view_html(html, can_be_used_in_report=False):
    return html


class _Parameter:
    """Keeps what it was made with; as an attribute of a group it holds that group's value."""

    condition = None

    def __init__(self, label, description, *default, **details):
        name = next(kind.__name__ for kind in type(self).__mro__ if kind.__module__ == __name__)
        CALLS.add((name, 2 + len(default), tuple(details)))
        self.label, self.description, self.details = label, description, details
        self.default_value = default[0] if default else details.get("default_value", "")

    def rule(self, condition, effect):
        hide = effect is Effect.HIDE
        self.condition = (lambda *given: not condition(*given)) if hide else condition
        return self

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, group, owner):
        return self if group is None else group.__dict__.get(self.name, self.default_value)

    def __set__(self, group, value):
        group.__dict__[self.name] = value


class BoolParameter(_Parameter):
    pass


class IntParameter(_Parameter):
    pass


class DoubleParameter(_Parameter):
    pass


class MultilineStringParameter(_Parameter):
    pass


class LocalPathParameter(_Parameter):
    def _get_options(self, context):
        return {"format": "localFileChooser"}


class MultiColumnParameter(_Parameter):
    pass


class ColumnParameter(_Parameter):
    pass


class EnumParameterOptions(enum.Enum):
    def __init__(self, label, description):
        self.label, self.description = label, description


class EnumParameter(_Parameter):
    Style = enum.Enum("Style", ["VALUE_SWITCH"])

    def __init__(self, label, description, default, options, **details):
        super().__init__(label, description, default, **details)
        self.options = options


class ParameterArray(_Parameter):
    def __init__(self, parameters, label, description, **details):
        super().__init__(label, description, [], **details)
        self.parameters = parameters


class StringParameter(_Parameter):
    Choice = recorded(lambda id, label: SimpleNamespace(id=id, label=label))
    Choice.__qualname__ = "StringParameter.Choice"


@recorded
def parameter_group(label, since_version=None):
    """Give each node values of its own, as KNIME does."""

    def made(group):
        group.label = label
        group.__set_name__ = lambda self, owner, name: setattr(self, "name", name)
        group.__get__ = lambda self, node, owner: node.__dict__.setdefault(self.name, group()) if node else self
        return group

    return made


def OneOf(subject, values):
    return lambda group, context: subject.__get__(group, type(group)) in values


def DialogContextCondition(ctx_predicate):
    return lambda group, context: ctx_predicate(context)


def And(*conditions):
    return lambda group, context: all(condition(group, context) for condition in conditions)


def Or(*conditions):
    return lambda group, context: any(condition(group, context) for condition in conditions)


string, int32, int64, double, bool_, list_ = pa.string, pa.int32, pa.int64, pa.float64, pa.bool_, pa.list_


@recorded
def datetime(date, time, timezone):
    return pa.timestamp("s", "UTC")


class logical(pa.ExtensionType):
    """A logical type; its cells hold the bytes that KNIME would store."""

    def __init__(self, value_type):
        self.value_type = value_type
        super().__init__(pa.binary(), f"stand-in.{value_type.__name__}")

    def __arrow_ext_serialize__(self):
        return self.value_type.__name__.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        return cls({kind.__name__.encode(): kind for kind in (dict, FSLocationValue)}.get(serialized, PIL.Image.Image))

    def __arrow_ext_scalar_class__(self):
        return {dict: _Json, FSLocationValue: _Path}.get(self.value_type, _Image)

    def to_pyarrow(self):
        return self

    def encode(self, value):
        if self.value_type is dict:
            return json.dumps(value).encode()
        value.save(buffer := io.BytesIO(), format="PNG")
        return buffer.getvalue()


class _Image(pa.ExtensionScalar):
    def as_py(self, **_):
        return self.value and PIL.Image.open(io.BytesIO(self.value.as_py()))


class _Json(pa.ExtensionScalar):
    def as_py(self, **_):
        return self.value and json.loads(self.value.as_py())


class _Path(_Json):
    def as_py(self, **_):
        return self.value and FSLocationValue(*super().as_py())


Column = recorded(lambda ktype, name: SimpleNamespace(ktype=ktype, name=name))
Column.__qualname__ = "Column"


class Schema(list):
    from_columns = classmethod(lambda cls, columns: cls(columns))


class BatchOutputTable(list):
    """A list of pyarrow tables; refuses what KNIME refuses: uneven batches."""

    create = classmethod(lambda cls, row_ids="keep": cls())

    def append(self, batch):
        if len(self) > 1 and self[-1].num_rows != self[0].num_rows:
            raise RuntimeError("only the last batch may be shorter")
        super().append(batch)
