"""Every reason for which ingest sets a line or a file apart: the one list of codes.

A contract's row checks add their own codes (contracts.yml, `checks`), with their own sentence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why a line was not loaded, and what to do.

    Attributes:
        says: what is wrong; `{column}` and `{value}` are filled in.
        remedy: what would be right.
    """

    says: str
    remedy: str


# Whole files: one quarantine entry each, by file hash and byte range.
FILE_REASONS: dict[str, Reason] = {
    "empty_file": Reason("The file is empty.", "Send it again with a header and its rows."),
    "utf16": Reason(
        "The file is UTF-16.",
        "Convert it: iconv -f utf-16 -t utf-8 old.csv > new.csv, and ingest the new file.",
    ),
    "wrong_delimiter": Reason(
        "The columns are separated by {value} instead of a comma.",
        "Give the delimiter in tambo_mapping.yml, or export the file with commas.",
    ),
    "missing_column": Reason(
        "The column {column} is missing; the file has {value}.",
        "If it has another name, rename it in tambo_mapping.yml; else export it again.",
    ),
    "extra_column": Reason(
        "The contract does not know the column {column}.",
        "List it under `drop` in tambo_mapping.yml, or add it to the contract.",
    ),
    "duplicate_column": Reason(
        "The header names the column {column} twice.", "Export the file with distinct names."
    ),
    "unreadable_header": Reason(
        "The first line cannot be read as a header: {value}.",
        "The first line must name the columns, in UTF-8, separated by commas.",
    ),
    "carriage_returns": Reason(
        "The file ends its lines with carriage returns only.",
        "Convert it: tr '\\r' '\\n' < old.csv > new.csv, and ingest the new file.",
    ),
    "unreadable": Reason(
        "The file cannot be read as CSV: {value}.", "Export it again as plain CSV."
    ),
    "mapping_failed": Reason(
        "The mapping cannot be applied: {value}.",
        "Mend tambo_mapping.yml (TRY_CAST where a value may be odd), then tambo ingest --replay.",
    ),
}

# Lines whose bytes are no record of the file's shape.
SHAPE_REASONS: dict[str, Reason] = {
    "field_count": Reason(
        "The line does not have as many fields as the header.",
        "Quote values that hold a comma; give every field, empty ones too.",
    ),
    "open_quote": Reason(
        "A quote is opened and never closed.", "Close the quote, or double a quote that is text."
    ),
    "bad_quote": Reason(
        "A quote stands in the middle of a value.",
        'Quote the whole value and double the quote inside: "5"" pipe".',
    ),
    "not_utf8": Reason(
        "The line holds bytes that are not UTF-8.",
        "Export as UTF-8, or give the `encoding` in tambo_mapping.yml.",
    ),
    "nul_byte": Reason("The line holds a NUL byte.", "Export the file again; it was damaged."),
    "lone_carriage_return": Reason(
        "The line holds a carriage return that ends no line.", "End lines with LF or CRLF."
    ),
    "control_character": Reason(
        "The line holds a control character.", "Take it out; tabs and line ends are allowed."
    ),
    "line_too_long": Reason(
        "The line is longer than 1 MB.", "Check the line ends; no row of a table is that long."
    ),
}

# Messages that whoever took them refused (refusals.py); their lines are never read as records.
MESSAGE_REASONS: dict[str, Reason] = {
    "not_json": Reason(
        "The message is no JSON object of texts, numbers and booleans.",
        "Send an object whose names are the contract's columns, in UTF-8.",
    ),
    "unknown_field": Reason(
        "The message has a field that the contract does not know.",
        "Leave it out, or add the column to the contract and send the message again.",
    ),
    "topic_mismatch": Reason(
        "The message names another sender than its topic does.",
        "Leave the key out of the message, or send it under its own topic.",
    ),
    "from_the_future": Reason(
        "The message tells of a time that had not come when it arrived.",
        "Set the sender's clock, and send the message again with the right time.",
    ),
    "message_id_reused": Reason(
        "Another message had the same id.", "Give each message an id of its own, or none."
    ),
    "message_too_long": Reason(
        "The message is too long; only its beginning is kept.", "Send one reading a message."
    ),
}

LINE_REASONS: dict[str, Reason] = {**SHAPE_REASONS, **MESSAGE_REASONS}

# Records that were read but do not keep to the contract.
VALUE_REASONS: dict[str, Reason] = {
    "empty_record": Reason("All fields are empty.", "Delete the line."),
    "missing_value": Reason("{column} is empty.", "Give a value."),
    "not_a_number": Reason(
        "{column} is {value}, which is no number.",
        "Write digits with a decimal point, without thousands separators or units.",
    ),
    "not_an_integer": Reason("{column} is {value}, which is no whole number.", "Write digits."),
    "not_finite": Reason("{column} is {value}, which is no finite number.", "Give the number."),
    "too_precise": Reason(
        "{column} is {value}, with more than four decimals.", "Round it at the source."
    ),
    "bad_date": Reason(
        "{column} is {value}, which is no date of the contract's format.",
        "Write it in the contract's format, or give the file's format in tambo_mapping.yml.",
    ),
    "skipped_time": Reason(
        "{column} is {value}, which no clock showed: clocks went forward over it.",
        "Give the local time; where the source's clock never changes, let `select` in "
        "tambo_mapping.yml make it a time with a zone.",
    ),
    "from_the_future": Reason(
        "{column} is {value}, which had not come when the line arrived.",
        "Correct it at the source. If it is right, the file's times are of another zone than the "
        "contract's, or _arrivals.csv says too early when it arrived.",
    ),
    "not_a_boolean": Reason("{column} is {value}.", "Write true or false."),
    "out_of_range": Reason(
        "{column} is {value}, outside the allowed range.", "Correct it at the source."
    ),
    "not_allowed": Reason(
        "{column} is {value}, which is none of the allowed values.",
        "Use one of the contract's values; translate others in tambo_mapping.yml.",
    ),
    "bad_pattern": Reason("{column} is {value}, not of the contract's pattern.", "Correct it."),
    "too_long": Reason("{column} is longer than allowed.", "Shorten it."),
    "duplicate_key": Reason(
        "The file holds several different rows of the key {value}.",
        "Keep the right one; none was loaded.",
    ),
    "orphan": Reason(
        "{column} {value} is not known.",
        "Ingest the file that holds it: the line is then loaded by itself.",
    ),
}

REASONS: dict[str, Reason] = {
    **FILE_REASONS,
    **LINE_REASONS,
    **VALUE_REASONS,
}
"""By code; of one that is a message's too, as it is said of a record that was read."""

SHAPE_CODES: tuple[str, ...] = ("", *LINE_REASONS)
"""Reasons of lines that are not read, by their number in a Block; 0 is a good record."""
