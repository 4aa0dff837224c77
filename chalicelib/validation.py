"""JSON, forms and query parameters into msgspec structs; when that fails, all faults at once."""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin
from urllib.parse import parse_qs

import msgspec

from chalicelib.errors import Fault, InvalidInput, Malformed


def parse[T: msgspec.Struct](body: bytes, shape: type[T]) -> T:
    """A struct from a JSON body; Malformed, or InvalidInput naming every fault."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        first = str(error)
    except _NO_JSON:
        raise Malformed from None
    # msgspec stops at the first fault; only then is the slower look at each field worth it.
    raise InvalidInput(*_body_faults(body, shape, first))


def parse_query[T: msgspec.Struct](parameters: Mapping[str, list[str]], shape: type[T]) -> T:
    """A struct from query parameters, each given once; InvalidInput naming every fault."""
    repeated = [Fault(name, "fault.repeated") for name, given in parameters.items() if given[1:]]
    values = {name: given[0] for name, given in parameters.items()}
    try:
        if not repeated:
            return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError:
        pass
    raise InvalidInput(*repeated, *_faults(values, shape, "", strict=False))


def parse_form[T: msgspec.Struct](body: bytes, shape: type[T]) -> T:
    """A struct from a page's form, each field given once; Malformed, or InvalidInput as above."""
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True)
    except UnicodeDecodeError:
        raise Malformed from None
    # Browsers send each new line as two characters (HTML, section 4.10.22.4), and count one.
    return parse_query(
        {name: [one.replace("\r\n", "\n") for one in given] for name, given in fields.items()},
        shape,
    )


def ecma(pattern: str) -> str:
    """A pattern as JSON Schema has it: the end, which Python writes `\\Z`, is `$` there."""
    return pattern.replace(r"\Z", "$")


_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _body_faults(body: bytes, shape: Any, first: str) -> list[Fault]:
    """Every fault of the body; Malformed when it ceases to be JSON after its first fault."""
    try:
        value = msgspec.json.decode(body)
    except msgspec.ValidationError:
        # A number that nothing can hold: what the typed reading met first is all that is known.
        return [_fault(first, _path_in(first))]
    except _NO_JSON:
        raise Malformed from None
    # A field that comes twice is wrong where only the last one counts: then again the first fault.
    return _faults(value, shape, "") or [_fault(first, _path_in(first))]


def _path_in(message: str) -> str:
    """The dotted path that msgspec's sentence ends with, as `location.lat`."""
    found = re.search(r" - at `\$\.?([^`]*)`$", message)
    return found[1] if found else ""


def _faults(value: Any, shape: Any, path: str, strict: bool = True) -> list[Fault]:
    """Every fault of `value` against `shape`, with dotted paths as `photos[0].url`."""
    structs = _structs_in(shape)
    if structs and isinstance(value, dict):
        return _struct_faults(value, structs, path, strict)
    item = _item_in(shape)
    if item is not None and isinstance(value, list):
        of_items = [
            _faults(one, item, f"{path}[{index}]", strict) for index, one in enumerate(value)
        ]
        if any(of_items):
            return [fault for faults in of_items for fault in faults]
    entry = _entry_in(shape)
    if entry is not None and isinstance(value, dict):
        of_entries = [_faults(one, entry, f"{path}.{name}", strict) for name, one in value.items()]
        if any(of_entries):
            return [fault for faults in of_entries for fault in faults]
    try:
        msgspec.convert(value, shape, strict=strict)
    except msgspec.ValidationError as error:
        return [_fault(str(error), path, _words_in(shape))]
    return []


def _struct_faults(
    value: dict[str, Any], structs: list[Any], path: str, strict: bool
) -> list[Fault]:
    """The faults against the one of the structs that the value says it is, by its tag."""
    prefix = f"{path}." if path else ""
    tags = {one.__struct_config__.tag: one for one in structs}
    tag_field = structs[0].__struct_config__.tag_field
    tag = None if tag_field is None else value.get(tag_field)
    if tag_field is not None and tag_field not in value:
        return [Fault(prefix + tag_field, "fault.required")]
    if tag not in [*tags]:
        return [_other_than(prefix + str(tag_field), tag, [*tags])]
    shape = tags[tag]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    known = [*fields, tag_field] if shape.__struct_config__.forbid_unknown_fields else [*value]
    unknown = [Fault(prefix + name, "fault.unknown") for name in value if name not in known]
    missing = [
        Fault(prefix + name, "fault.required")
        for name, field in fields.items()
        if field.required and name not in value
    ]
    wrong = [
        fault
        for name, field in fields.items()
        if name in value
        for fault in _faults(value[name], field.type, prefix + name, strict)
    ]
    if not (unknown or missing or wrong):
        # Every field is fine alone, so a rule of the whole (`__post_init__`) said no.
        try:
            msgspec.convert(value, shape, strict=strict)
        except msgspec.ValidationError as error:
            return [_fault(str(error), path)]
    return unknown + missing + wrong


def _structs_in(shape: Any) -> list[Any]:
    """The structs that `shape` is or may be (as in `Point | None`)."""
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return [shape]
    if get_origin(shape) in (list, dict):
        return []
    return [found for part in get_args(shape) for found in _structs_in(part)]


def _item_in(shape: Any) -> Any:
    """The element type of a list, also inside `Annotated` or a union, else None."""
    if get_origin(shape) is list:
        return get_args(shape)[0]
    return next((found for part in get_args(shape) if (found := _item_in(part))), None)


def _entry_in(shape: Any) -> Any:
    """The type of what a dict holds, also inside `Annotated` or a union, else None."""
    if get_origin(shape) is dict:
        return get_args(shape)[1]
    return next((found for part in get_args(shape) if (found := _entry_in(part))), None)


def _words_in(shape: Any) -> list[Any]:
    """The words that a Literal allows, also inside `Annotated` or a union."""
    if get_origin(shape) is Literal:
        return [*get_args(shape)]
    return [word for part in get_args(shape) for word in _words_in(part)]


def _other_than(path: str, got: Any, words: list[Any]) -> Fault:
    shown = got[:100] if isinstance(got, str) else type(got).__name__
    return Fault(path, "fault.choice_of", {"got": shown, "choices": ", ".join(map(str, words))})


# Whole numbers without a decimal part, as people write them.
_LIMIT = r"(?P<limit>-?\d+(?:\.\d*[1-9])?)"
# msgspec's sentences (its stable public wording) and the keys of ours that say the same.
_SENTENCES = [
    (re.compile(r"^(?P<key>fault\.[a-z_]+)$"), None),
    (re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`"), "fault.type"),
    (re.compile(r"Expected `str` of length >= (?P<limit>\d+)"), "fault.too_short"),
    (re.compile(r"Expected `str` of length <= (?P<limit>\d+)"), "fault.too_long"),
    (re.compile(r"Expected `array` of length >= (?P<limit>\d+)"), "fault.too_few"),
    (re.compile(r"Expected `(?:array|object)` of length <= (?P<limit>\d+)"), "fault.too_many"),
    (re.compile(rf"Expected `(?:int|float|decimal)` >= {_LIMIT}"), "fault.too_small"),
    (re.compile(rf"Expected `(?:int|float|decimal)` > {_LIMIT}"), "fault.not_more"),
    (re.compile(rf"Expected `(?:int|float|decimal)` <=? {_LIMIT}"), "fault.too_big"),
    (re.compile(r"Expected `str` matching regex ['\"](?P<pattern>.*)['\"]$"), "fault.pattern"),
    (re.compile(r"Invalid RFC3339 encoded date$"), "fault.date"),
    (re.compile(r"Invalid enum value '?(?P<got>.*?)'?( - at|$)"), "fault.choice"),
    (re.compile(r"Object missing required field `(?P<name>[^`]+)`"), "fault.required"),
]


def _fault(message: str, path: str, words: list[Any] | None = None) -> Fault:
    sentence = message.split(" - at `")[0]
    for pattern, key in _SENTENCES:
        if found := pattern.search(sentence):
            facts = found.groupdict()
            if "pattern" in facts:
                # msgspec quotes it as Python code, where a backslash is two.
                facts["pattern"] = ecma(facts["pattern"].replace(r"\\", "\\"))
            if key == "fault.choice" and words:
                return _other_than(path, facts["got"], words)
            return Fault(path, key or facts.pop("key"), dict(facts))
    return Fault(path, "fault.invalid")
