"""What is handed in is not trusted: archives, links, names, metadata and rosters."""

from __future__ import annotations

import os
import stat
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from gradescope_export import SMALL

from grader.errors import OperatorError
from grader.gradebook import Person, Student, Submission
from grader.intake import archive
from grader.intake.archive import UPLOAD, ArchiveError, Caps, unpack
from grader.intake.entry import Entry, content_sha256, safe_id
from grader.intake.find import find
from grader.intake.gradescope import read_metadata
from grader.intake.identify import identified
from grader.intake.roster import read_roster


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in members:
            out.writestr(name, data)
    return path


def inside(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# archives


@pytest.mark.parametrize(
    "name",
    ["../out.md", "a/../../out.md", "/out.md", "\\out.md", "..\\out.md", "C:\\out.md", "C:out.md", "a/\x01b.md", "a/b.", "c:/x.md",
     "x" * 300 + ".md", "d/" * 40 + "x.md"],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    made = unpack(zipped(tmp_path / "a.zip", (name, b"evil"), ("ok.md", b"good")), tmp_path / "work", UPLOAD)
    assert inside(made.folder) == {"ok.md": b"good"}
    assert len(made.notes) == 1 and "was left out" in made.notes[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "work"]


def test_links_and_devices_in_an_archive_are_left_out(tmp_path: Path) -> None:
    members = []
    for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR):
        info = zipfile.ZipInfo(f"x{kind}.tex")
        info.create_system = 3
        info.external_attr = (kind | 0o777) << 16
        members.append((info, b"/etc/passwd"))
    made = unpack(zipped(tmp_path / "a.zip", *members, ("ok.md", b"good")), tmp_path / "work", UPLOAD)
    assert inside(made.folder) == {"ok.md": b"good"} and len(made.notes) == 3


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_collide_are_kept_apart(tmp_path: Path) -> None:
    """Also where they differ by case alone or by how an accent is written: no file system may merge two students."""
    names = ["ada.md", "ada.md", "Ada.MD", "ada~2.md", "é.md", "e\u0301.md", "x", "x/y.md", "X/y.md"]
    path = zipped(tmp_path / "a.zip", *((n, str(i).encode()) for i, n in enumerate(names)))
    made = unpack(path, tmp_path / "work", UPLOAD)
    found = inside(made.folder)
    assert sorted(found.values()) == sorted(str(i).encode() for i in range(len(names))), found
    folded = [n.casefold() for n in found]
    assert len(set(folded)) == len(folded) and "ada.md" in found
    assert any("stands twice" in note for note in made.notes)


def test_a_bomb_is_stopped_while_it_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", ("a.md", b"0" * 30_000_000))
    assert path.stat().st_size < 50_000
    with pytest.raises(ArchiveError, match="unpacks to more than 5 MB"):
        unpack(path, tmp_path / "work", Caps(10, 5_000_000))
    assert list((tmp_path / "work").iterdir()) == [], "nothing of it is left"
    many = zipped(tmp_path / "many.zip", *((f"{i}.md", b"") for i in range(50)))
    with pytest.raises(ArchiveError, match="holds 50 files"):
        unpack(many, tmp_path / "work", Caps(49, 1000))


def test_a_directory_of_a_million_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_ENTRY_BYTES", 10)
    monkeypatch.setattr(archive, "UPLOAD", small := Caps(3, 1000))
    path = zipped(tmp_path / "many.zip", *((f"{i}.md", b"") for i in range(50)))
    with pytest.raises(ArchiveError, match="holds more than 3 files"):
        unpack(path, tmp_path / "work", small)


def test_a_lie_about_the_size(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.md", b"0" * 100_000))
    data = path.read_bytes().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    made = unpack(path, tmp_path / "work", UPLOAD)
    assert inside(made.folder) == {} and "damaged or encrypted" in made.notes[0]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04" + b"\0" * 100, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ArchiveError):
        unpack(tmp_path / "a.zip", tmp_path / "work", UPLOAD)


def test_an_encrypted_file_is_noted(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a.md", b"secret"))
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(data)
    made = unpack(path, tmp_path / "work", UPLOAD)
    assert inside(made.folder) == {} and "encrypted" in made.notes[0]


def test_names_in_other_encodings(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("r\u00e9ponses.md", b"1"))
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(mark) + at] &= ~0x08  # no longer says that it is UTF-8
    path.write_bytes(data)
    assert list(inside(unpack(path, tmp_path / "work", UPLOAD).folder)) == ["r\u00e9ponses.md"]


def test_an_archive_is_unpacked_once(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("../x.md", b"1"), ("ok.md", b"good"))
    first = unpack(path, tmp_path / "work", UPLOAD)
    os.utime(first.folder / "ok.md", (1, 1))
    assert unpack(path, tmp_path / "work", UPLOAD) == first
    assert (first.folder / "ok.md").stat().st_mtime == 1
    (first.folder.with_name(first.folder.name + ".notes")).unlink()  # as if it had been cut off
    assert unpack(path, tmp_path / "work", UPLOAD) == first
    assert (first.folder / "ok.md").stat().st_mtime > 1


def test_a_class_in_an_archive_and_archives_of_students(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", ("hw/main.tex", b"\\input{q1}"), ("hw/q1.tex", b"x"), ("deep.zip", b"PK"), ("__MACOSX/._x", b""))
    bomb = zipped(tmp_path / "bomb.zip", ("a.md", b"0" * 201_000_000))
    path = zipped(
        tmp_path / "class.zip",
        ("class/ada.md", b"1"),
        ("class/bob.zip", inner.read_bytes()),
        ("class/cleo/hw.zip", inner.read_bytes()),
        ("class/eve.zip", bomb.read_bytes()),
        ("class/Ada.md", b"2"),
        ("class/.DS_Store", b""),
    )
    found = find([path], tmp_path / "work")
    entries = {e.id: e for e in found.entries}
    assert set(entries) == {"ada", "Ada_2", "bob", "cleo", "eve"}
    for name in ("bob", "cleo"):
        assert [p.name for p in entries[name].files] == ["main.tex"]
        assert [p.name for p in entries[name].unread] == ["deep.zip"], "an archive in an archive stays closed"
    assert entries["eve"].files == () and "more than 200 MB" in entries["eve"].notes[0]
    again = find([path], tmp_path / "work")
    assert again == found and [content_sha256(e) for e in again.entries] == [content_sha256(e) for e in found.entries]


# folders


def test_links_in_an_upload_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tex"
    secret.write_text("key", encoding="utf-8")
    root = tmp_path / "class"
    (root / "ada").mkdir(parents=True)
    (root / "ada" / "hw3.tex").symlink_to(secret)
    (root / "ada" / "more").symlink_to(tmp_path)
    (root / "ada" / "own.md").write_text(SMALL, encoding="utf-8")
    (root / "bob.tex").symlink_to(secret)
    (root / "cleo").symlink_to(tmp_path)
    os.mkfifo(root / "ada" / "pipe.tex")
    entries = {e.id: e for e in find([root]).entries}
    assert [p.name for p in entries["ada"].files] == ["own.md"]
    assert entries["ada"].notes == ("hw3.tex is a link and is not followed", "more is a link and is not followed", "pipe.tex is no file")
    assert entries["bob"].files == () and entries["cleo"].files == ()
    content_sha256(entries["ada"])


def test_a_neighbour_s_file_is_not_drawn_in(tmp_path: Path) -> None:
    """In a flat folder `\\input` reaches nothing but style files."""
    from grader.assignment import Assignment, shipped
    from grader.grade import grade

    (tmp_path / "ada.tex").write_text("\\section*{Question 1}\n" + SMALL.split("\n\n")[2], encoding="utf-8")
    (tmp_path / "bob.tex").write_text("\\input{ada}\n", encoding="utf-8")
    taken = grade([tmp_path / "bob.tex"], Assignment(shipped()))
    assert taken.score.min > 0, "in a folder of one's own it is"
    alone = grade([tmp_path / "bob.tex"], Assignment(shipped()), alone=True)
    assert alone.score.min == 0 and any(p["note"] == "missing_file" for p in alone.problems)


def test_what_changes_a_result_changes_the_hash(tmp_path: Path) -> None:
    (tmp_path / "c" / "ada").mkdir(parents=True)
    main, part = tmp_path / "c" / "ada" / "main.tex", tmp_path / "c" / "ada" / "q1.tex"
    main.write_text("\\input{q1}", encoding="utf-8")
    part.write_text("a", encoding="utf-8")

    def now() -> str:
        return content_sha256(find([tmp_path / "c"]).entries[0])

    first = now()
    os.utime(main, (1, 1))
    assert now() == first
    part.write_text("b", encoding="utf-8")
    assert now() != first
    part.write_text("a", encoding="utf-8")
    assert now() == first
    part.rename(tmp_path / "c" / "ada" / "q2.tex")
    assert now() != first


@pytest.mark.parametrize(
    "name,made",
    [("../../etc/passwd", "etc_passwd"), ("a/b", "a_b"), ("CON", "_CON"), ("nul.x", "_nul.x"), ("...", "submission"),
     ("=cmd|' /C calc'!A0", "cmd_C_calc_A0"), ("a\nb", "a_b"), ("é", "é"), ("e\u0301", "é"), ("", "submission")],
)  # fmt: skip
def test_names_become_names_of_files(name: str, made: str) -> None:
    assert safe_id(name) == made


def test_long_names_stay_apart() -> None:
    one, other = safe_id("x" * 300), safe_id("x" * 299 + "y")
    assert one != other and len(one) < 60
    assert len(safe_id("王" * 100).encode()) < 200


def test_two_folders_that_differ_by_case(tmp_path: Path) -> None:
    for name in ("Ada", "ada", "ADA"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.md").write_text(SMALL, encoding="utf-8")
    assert [e.id for e in find([tmp_path]).entries] == ["ADA", "Ada-2", "ada-3"]


# Gradescope's export

METADATA = """---
submission_1:
  :submitters:
  - :name: Ada L
    :sid: '007'
    :email: ada@x
  :created_at: 2022-12-02 10:15:00.362580000 Z
  :results:
    tests: [{a: &anchor 1}, *anchor, {b: [1, 2, {c: 3}]}]
submission_2:
  :submitters:
  - :name: Bob
    :sid: 0100
  - :email: cleo@x
  - :sid:
submission_3: {}
submission_4:
3.pdf:
  :submitters:
  - :name: Dora
    :sid: no
../../evil:
  :submitters:
  - :name: Eve
"""


def test_an_export_untouched(tmp_path: Path) -> None:
    root = tmp_path / "assignment_export"
    for name in ("submission_1", "submission_2", "submission_3", "submission_9", "__MACOSX"):
        (root / name).mkdir(parents=True)
        (root / name / "hw.md").write_text(SMALL, encoding="utf-8")
    (root / "submission_1" / ".DS_Store").write_bytes(b"")
    (root / "3.pdf").write_bytes(b"%PDF")
    (root / "submission_metadata.yml").write_text(METADATA, encoding="utf-8")
    for given in (root, tmp_path):
        entries = {e.id: e for e in find([given]).entries}
        assert list(entries) == ["3", "evil", *(f"submission_{i}" for i in (1, 2, 3, 4, 9))]
        assert entries["submission_1"].submitters == (Person("Ada L", "007", "ada@x"),)
        assert entries["submission_1"].created_at == "2022-12-02 10:15:00.362580000 Z"
        assert entries["submission_2"].submitters == (Person("Bob", "0100"), Person(email="cleo@x")), "numbers stay text"
        assert entries["3"].submitters == (Person("Dora", "no"),) and [p.name for p in entries["3"].unread] == ["3.pdf"]
        for empty in ("submission_4", "evil"):
            assert entries[empty].files == () and entries[empty].notes == ("the export holds no files of it",)
        assert "does not tell" in entries["submission_9"].notes[0]


BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12))


@pytest.mark.parametrize(
    "text,said",
    [
        (BOMB, r"submission_metadata.yml:2:\d+: an alias"),
        ("a: 1\na: 2\n", r":2:\d+: the key 'a' stands twice"),
        ("a: [1, 2\n", r"submission_metadata.yml:"),
        ("? [1]\n: 2\n", "a key that is no text"),
        ("[1, 2]\n", "holds no submissions"),
        ("", "holds no submissions"),
        ("a:\n  :submitters: " + "[" * 500 + "]" * 500 + "\n", "nested more than"),
        ("\x00\x01", "submission_metadata.yml"),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_right(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "submission_metadata.yml"
    path.write_text(text, encoding="utf-8")
    start = time.monotonic()
    with pytest.raises(OperatorError, match=said):
        read_metadata(path)
    assert time.monotonic() - start < 2


def test_tags_make_nothing_but_text(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.yml"
    path.write_text(
        "a: !!python/object/apply:os.system\n  :submitters:\n  - :name: !!python/name:os.system ''\n"
        "    :sid: !ruby/object:Gem::Installer '7'\n    :email: !!binary aGk=\n",
        encoding="utf-8",
    )
    assert read_metadata(path)["a"].submitters == (Person("", "7", "aGk="),)


def test_results_and_history_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.yml"
    rows = "".join(f"    - {{a: [1, {i}], b: {{c: x}}}}\n" for i in range(20_000))
    path.write_text(f"s1:\n  :results:\n    tests:\n{rows}  :submitters:\n  - :sid: 1\n", encoding="utf-8")
    assert read_metadata(path)["s1"].submitters == (Person("", "1"),)


# rosters


@pytest.mark.parametrize(
    "text",
    [
        "First Name,Last Name,SID,Email\nAda,L,007,ada@x\n,,8,\n",
        "\ufeffSID;Email;First Name;Last Name;View Count\n007;ada@x;Ada;L;3\n8;;;;\n",
        "email\tname\tsid\r\nada@x\tAda L\t007\r\n\t\t8\r\n\r\n",
        'Name,SID,Email,Role\n"Ada L",007,ada@x,Student\nTA,,t@x,TA\n,8,,\n',
    ],
)
def test_rosters(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    assert read_roster(path) == [Student("Ada L", "007", "ada@x"), Student("", "8")]
    path.write_bytes(text.lstrip("\ufeff").encode("utf-16"))
    assert len(read_roster(path)) == 2


@pytest.mark.parametrize(
    "text,said",
    [
        ("", "is empty"),
        ("Name,Section\nAda,A\n", ":1: has no column SID or Email .* Name, Section"),
        ("Name,SID\nAda,\n", ":2: a student without SID and Email"),
        ("Name,SID\nAda,7\nBob,7\n", ":3: the SID '7' stands on line 2"),
        ("Name,SID\n", "no students"),
        ("\0\0", "no text"),
    ],
)
def test_rosters_that_cannot_be_right(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=said):
        read_roster(path)
    with pytest.raises(OperatorError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")


# the same submission again


def known(*entries: Entry) -> list[Submission]:
    return [Submission(e.id, e.source, e.origin, "", (), (), "", "", "", "", "", True) for e in entries]


def ids(entries: Sequence[Entry], before: Sequence[Submission]) -> list[str]:
    return [e.id for e in identified(entries, before)]


def test_sections_with_the_same_names_stay_apart(tmp_path: Path) -> None:
    for section in ("a", "b"):
        (tmp_path / section).mkdir()
        (tmp_path / section / "ada.md").write_text(SMALL, encoding="utf-8")
    first = find([tmp_path / "a"]).entries
    second = identified(find([tmp_path / "b"]).entries, known(*first))
    assert [e.id for e in second] == ["ada-2"], "not the first one handed in anew"
    both = known(*first, *second)
    assert ids(find([tmp_path / "b"]).entries, both) == ["ada-2"]
    assert ids(find([tmp_path / "b", tmp_path / "a"]).entries, both) == ["ada-2", "ada"], "whatever the order"
    assert ids(find([tmp_path / "b" / "ada.md"]).entries, both) == ["ada-2"], "named by itself"
    (tmp_path / "a").rename(tmp_path / "moved")
    assert ids(find([tmp_path / "moved"]).entries, known(*first)) == ["ada"], "a folder that was moved"


def test_an_export_downloaded_again_is_the_same(tmp_path: Path) -> None:
    found = []
    for name in ("export", "export (1)"):
        root = tmp_path / name
        (root / "submission_1").mkdir(parents=True)
        (root / "submission_1" / "hw.md").write_text(SMALL, encoding="utf-8")
        (root / "submission_metadata.yml").write_text("submission_1: {}\nsubmission_2: {}\n", encoding="utf-8")
        path = zipped(tmp_path / f"{name}.zip", *((f"e/{k}", v) for k, v in inside(root).items()))
        found += [find([root]).entries, find([path], tmp_path / "work").entries]
    for entries in found:
        assert ids(entries, known(*found[0])) == ["submission_1", "submission_2"]


def test_a_class_in_an_archive_that_grew(tmp_path: Path) -> None:
    first = find([zipped(tmp_path / "c.zip", ("ada.md", b"1"))], tmp_path / "work").entries
    again = find([zipped(tmp_path / "c.zip", ("ada.md", b"2"), ("bob.md", b"2"))], tmp_path / "work").entries
    assert ids(again, known(*first)) == ["ada", "bob"]
    other = find([zipped(tmp_path / "d.zip", ("ada.md", b"2"))], tmp_path / "work").entries
    assert ids(other, known(*first)) == ["ada-2"]
