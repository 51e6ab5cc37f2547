from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.accounts import AccountType
from backend.domain.accounts_csv import (
    AccountRow,
    BadHeader,
    BadRow,
    Column,
    Fault,
    fault_of,
    is_email,
    parse_csv,
)

HEADER = ",".join(Column)
FULL = "budi,student,Budi,13519001,,b@kampus.example,b@example.net,STEI,2026-01-01,2026-12-31,no"
SHORT = "username,type,name,nim,nip,recovery_email,valid_from,valid_until,privileged"


def parsed(*lines):
    return list(parse_csv(lines))


def test_a_whole_row():
    assert parsed(HEADER, FULL) == [
        AccountRow(
            line=2,
            username="budi",
            account_type=AccountType.STUDENT,
            display_name="Budi",
            student_number="13519001",
            institutional_email="b@kampus.example",
            recovery_email="b@example.net",
            unit="STEI",
            valid_from=date(2026, 1, 1),
            valid_until=date(2026, 12, 31),
            privileged=False,
        )
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("budi,student,Budi,,,,,", Fault.CELLS),
        ("budi,student,Budi,,,,,,,", Fault.CELLS),
        ('budi,student,"Budi,,,,,,', Fault.UNREADABLE),
        ('budi,student,"Bu"di,,,,,,', Fault.UNREADABLE),
        (",student,Budi,,,,,,", Fault.MISSING_USERNAME),
        ("bu di,student,Budi,,,,,,", Fault.MALFORMED_USERNAME),
        ("-budi,student,Budi,,,,,,", Fault.MALFORMED_USERNAME),
        ("bud\u00ef,student,Budi,,,,,,", Fault.MALFORMED_USERNAME),
        ("b" * 65 + ",student,Budi,,,,,,", Fault.MALFORMED_USERNAME),
        ("13519002,student,Budi,13519001,,,,,", Fault.FOREIGN_NUMBER),
        ("budi,,Budi,,,,,,", Fault.UNKNOWN_TYPE),
        ("budi,wizard,Budi,,,,,,", Fault.UNKNOWN_TYPE),
        ("budi,student,,,,,,,", Fault.MISSING_NAME),
        ("budi,student," + "B" * 201 + ",,,,,,", Fault.TOO_LONG),
        ("budi,student,Bu\x00di,,,,,,", Fault.MALFORMED_TEXT),
        ("budi,student,Bu\udc80di,,,,,,", Fault.MALFORMED_TEXT),
        ("budi,student,Budi,1351900,,,,,", Fault.MALFORMED_STUDENT_NUMBER),
        ("budi,student,Budi,135190011,,,,,", Fault.MALFORMED_STUDENT_NUMBER),
        ("budi,student,Budi,1351900x,,,,,", Fault.MALFORMED_STUDENT_NUMBER),
        ("budi,student,Budi,1351900\u0661,,,,,", Fault.MALFORMED_STUDENT_NUMBER),
        ("budi,staff,Budi,,12345678,,,,", Fault.MALFORMED_EMPLOYEE_NUMBER),
        ("budi,staff,Budi,,1234567890,,,,", Fault.MALFORMED_EMPLOYEE_NUMBER),
        ("budi,staff,Budi,,1985031220101220011,,,,", Fault.MALFORMED_EMPLOYEE_NUMBER),
        ("budi,student,Budi,,,budi@,,,", Fault.MALFORMED_EMAIL),
        ("budi,student,Budi,,,b@x.id\u200b,,,", Fault.MALFORMED_EMAIL),
        ("budi,student,Budi,,,,17/03/2026,,", Fault.MALFORMED_DATE),
        ("budi,student,Budi,,,,2026-02-30,,", Fault.MALFORMED_DATE),
        ("budi,student,Budi,,,,2026-03-02,2026-03-01,", Fault.ENDS_BEFORE_START),
        ("budi,student,Budi,,,,,,maybe", Fault.MALFORMED_YES_NO),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_around_it_are_kept(row, fault):
    good = "ani,student,Ani,,,,,,"
    rows = parsed(SHORT, good, row, good.replace("ani", "tini"))
    assert rows[1] == BadRow(3, fault)
    assert [one.username for one in (rows[0], rows[2])] == ["ani", "tini"]


@pytest.mark.parametrize(
    "row",
    [
        "b,student,B,,,,,,",
        "b" * 64 + ",student,B,,,,,,",
        "13519001,student,Budi,13519001,,,,,",
        "budi,lecturer,Budi,,19850312 201012 2 001,,,,",
        "budi,kjp,Budi,,109000123,,,,",
        "budi,THIRD PARTY,Budi,,,,,,",
        "budi,student," + "B" * 200 + ",,,,,,",
        "budi,student,Budi,,,,2026-03-02,2026-03-02,ya",
        'budi,student,"Santoso, Budi",,,,,,TRUE',
        "  Budi , Student , Budi ,,,,,, 0 ",
    ],
)
def test_rows_that_are_fine(row):
    (only,) = parsed(SHORT, row)
    assert isinstance(only, AccountRow), only
    assert fault_of(only) is None


def test_an_empty_cell_says_nothing():
    (row,) = parsed(SHORT, "budi,student,Budi,,,,,,")
    assert row == AccountRow(2, "budi", AccountType.STUDENT, "Budi")


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        ("BUDI,student,X,13519009,,,,,", Fault.DUPLICATE_USERNAME),
        ("other,student,X,13519001,,,,,", Fault.DUPLICATE_NUMBER),
        ("other,staff,X,,198503122010122001,,,,", Fault.DUPLICATE_NUMBER),
    ],
)
def test_the_second_of_two_is_left_out(second, fault):
    first = "budi,student,Budi,13519001,198503122010122001,,,,"
    rows = parsed(SHORT, first, second, "third,student,X,13519009,,,,,")
    assert rows[1] == BadRow(3, fault)
    assert rows[2].username == "third"


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("", ["username", "type", "name"]),
        ("username,type", ["name"]),
        ("username,type,name,password", ["password"]),
        ("username,type,name,Name", ["name"]),
        ("username,type,name,nim,student_number", ["student_number"]),
        ('username,type,"name', ["username", "type", "name"]),
    ],
    ids=["empty", "missing", "passwords", "twice", "twice by alias", "unreadable"],
)
def test_a_file_with_another_header_is_refused_whole(header, columns):
    with pytest.raises(BadHeader) as bad:
        parsed(header, FULL)
    assert list(bad.value.columns) == columns


@pytest.mark.parametrize(
    "header", ["\ufeffUsername,Type,Name", "username;type;name", " username , type , name "]
)
def test_spreadsheets_write_headers_their_own_way(header):
    sign = ";" if ";" in header else ","
    (row,) = parsed(header + "\r\n", sign.join(["budi", "staff", "Budi"]) + "\r\n")
    assert row.username == "budi"


def test_blank_lines_are_skipped_and_still_counted():
    rows = parsed("username,type,name\n", "\n", "a,staff,A\n", "   \n", "b,wizard,B\n")
    assert [(row.line, isinstance(row, BadRow)) for row in rows] == [(3, False), (5, True)]


def test_an_empty_file_has_no_header():
    with pytest.raises(BadHeader):
        parsed()


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("budi@example.net", True),
        ("budi.santoso+x@sub.example.ac.id", True),
        ("a@b.id", True),
        ("budi@example", False),
        (".budi@example.net", False),
        ("bu..di@example.net", False),
        ("budi@-example.net", False),
        ("budi@exa mple.net", False),
        ("budi@example.net\n", False),
        ("budi@example.net\r\nBcc: x@example.net", False),
        ("<budi@example.net>", False),
        ("budi@ex\u00e4mple.net", False),
        ("a@b@c.id", False),
        ("a" * 249 + "@x.id", True),
        ("a" * 250 + "@x.id", False),
    ],
)
def test_plain_mail_addresses(address, fits):
    assert is_email(address) is fits


@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_lines_give_rows_or_faults_and_never_an_error(lines):
    rows = parsed("username,type,name", *lines)
    assert all(isinstance(row, AccountRow | BadRow) for row in rows)
    assert len(rows) == sum(bool(line.strip()) for line in lines)
