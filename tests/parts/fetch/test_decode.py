import gzip
import os
import random
import zlib

import brotli
import pytest

from crawler.fetch.decode import STEP_BYTES, decoded, decoder_for, zstd
from crawler.model import Kind, Trouble
from crawler.policy.frames import BYTES_EACH, SPARE

TEXT = b"The quick brown fox jumps over the lazy dog. " * 40 + random.Random(7).randbytes(500)


def raw_deflate(data):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
CODED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("x-gzip", gzip.compress(TEXT)),
    "gzip with a name": (
        "gzip",
        b"\x1f\x8b\x08\x08" + bytes(6) + b"name\0" + gzip.compress(TEXT)[10:],
    ),
    "two gzip members": ("gzip", gzip.compress(TEXT[:300]) + gzip.compress(TEXT[300:])),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate, stored": ("deflate", zlib.compress(TEXT, 0)),
    "raw deflate": ("deflate", raw_deflate(TEXT)),
    "br": ("br", brotli.compress(TEXT)),
    "zstd": ("zstd", zstd.compress(TEXT)),
    "two zstd frames": ("zstd", zstd.compress(TEXT[:300]) + zstd.compress(TEXT[300:])),
}
ONE = {name: coded for name, coded in CODED.items() if "two" not in name}
coded = pytest.mark.parametrize(("coding", "data"), CODED.values(), ids=CODED)


def run(coding, data, piece=1 << 30):
    """Decode in pieces; return (what came out, whether the end was seen)."""
    decoder = decoder_for(coding)
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    out = b"".join(part for one in pieces for part in decoded(decoder, one))
    return out, decoder.finished()


@coded
@pytest.mark.parametrize("piece", [1 << 30, 1, 7])
def test_a_body_is_decoded_in_whatever_pieces_it_comes(coding, data, piece):
    assert run(coding, data, piece) == (TEXT, True)


@pytest.mark.parametrize("coding", COMPRESS)
def test_an_empty_body_is_decoded_to_nothing(coding):
    data = COMPRESS[coding](b"")
    assert run(coding, data) == run(coding, data, 1) == (b"", True)


@pytest.mark.parametrize(("coding", "data"), ONE.values(), ids=ONE)
def test_a_body_that_is_cut_anywhere_is_not_finished(coding, data):
    for cut in range(len(data)):
        out, finished = run(coding, data[:cut])
        assert not finished, cut
        assert TEXT.startswith(out)


@pytest.mark.parametrize("name", ["two gzip members", "two zstd frames"])
def test_a_body_cut_within_its_second_half_is_not_finished(name):
    coding, data = CODED[name]
    first = COMPRESS[coding](TEXT[:300])
    for cut in range(len(first) + 1, len(data)):
        assert not run(coding, data[:cut])[1], cut
        assert not run(coding, data[:cut], 1)[1], cut


@pytest.mark.parametrize("coding", COMPRESS)
@pytest.mark.parametrize("piece", [1 << 30, 1])
@pytest.mark.parametrize("garbage", [b"\xff" * 64, b"<html>not compressed at all</html>" * 9])
def test_garbage_is_trouble_of_kind_decode(coding, piece, garbage):
    with pytest.raises(Trouble, match="the body does not decode") as trouble:
        run(coding, garbage, piece)
    assert trouble.value.kind is Kind.DECODE


@pytest.mark.parametrize("name", ["gzip", "deflate", "two gzip members"])
def test_a_body_that_is_damaged_anywhere_is_never_taken_for_whole_and_right(name):
    """br, zstd and raw deflate need not carry a checksum, and are taken at their word."""
    coding, data = CODED[name]
    for at in range(10, len(data), 7):
        damaged = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        try:
            out, finished = run(coding, damaged)
        except Trouble:
            continue
        assert not finished or out == TEXT


@pytest.mark.parametrize(("coding", "data"), [CODED["gzip"], CODED["deflate"]])
def test_a_wrong_checksum_is_trouble(coding, data):
    at = -6 if coding == "gzip" else -1
    broken = bytearray(data)
    broken[at] ^= 1
    with pytest.raises(Trouble, match="does not decode") as trouble:
        run(coding, bytes(broken))
    assert trouble.value.kind is Kind.DECODE


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("piece", [1 << 30, 1])
@pytest.mark.parametrize("padding", [b"\0" * 20, b"\r\n", b"padding"])
def test_padding_after_the_end_is_ignored_however_it_arrives(name, piece, padding):
    coding, data = CODED[name]
    assert run(coding, data + padding, piece) == (TEXT, True)


@pytest.mark.parametrize("name", ["br", "zstd"])
def test_what_padding_means_does_not_depend_on_the_pieces_it_comes_in(name):
    coding, data = CODED[name]

    def outcome(piece):
        try:
            return run(coding, data + b"padding", piece)
        except Trouble as trouble:
            return trouble.kind

    assert outcome(1 << 30) == outcome(1) == outcome(len(data))


@pytest.mark.parametrize("coding", COMPRESS)
@pytest.mark.parametrize("piece", [1 << 30, 16])
def test_a_page_that_is_much_longer_than_its_coded_form_comes_out_whole(coding, piece):
    page = b"".join(b"<tr><td>%d</td></tr>\n" % (number % 97) for number in range(20_000))
    assert run(coding, COMPRESS[coding](page), piece) == (page, True)


@pytest.mark.parametrize("name", [*COMPRESS, "raw deflate"])
@pytest.mark.parametrize("piece", [1 << 30, 7])
def test_a_body_about_as_long_as_steps_of_decoding_comes_out_whole(name, piece):
    """What is decoded and has found no room in one step comes with the next, also at the end."""
    compress = COMPRESS.get(name, raw_deflate)
    for length in (
        steps * STEP_BYTES + beyond for steps in (1, 2) for beyond in range(-260, 261, 13)
    ):
        page = bytes(length)
        assert run(name.removeprefix("raw "), compress(page), piece) == (page, True)


@pytest.mark.parametrize("encoding", ["", "identity", " Identity ", "none"])
def test_a_body_without_a_coding_needs_no_decoder(encoding):
    assert decoder_for(encoding) is None


def test_the_name_of_a_coding_has_no_case():
    assert decoder_for(" GZip ") is not None


@pytest.mark.parametrize(
    "encoding", ["compress", "aes128gcm", "bzip2", "gzip, compress", "x" * 5000, "\x1b[2J"]
)
def test_a_coding_that_was_not_asked_for_is_trouble(encoding):
    with pytest.raises(Trouble, match="was not asked for") as trouble:
        decoder_for(encoding)
    assert trouble.value.kind is Kind.DECODE
    assert len(trouble.value.reason) < 200
    assert trouble.value.reason.isprintable()


def test_codings_on_top_of_each_other_are_undone_but_not_any_number_of_them():
    stacked = brotli.compress(gzip.compress(gzip.compress(TEXT)))
    decoder = decoder_for("gzip, gzip, br")
    pieces = [stacked[at : at + 7] for at in range(0, len(stacked), 7)]
    assert b"".join(out for piece in pieces for out in decoded(decoder, piece)) == TEXT
    assert decoder.finished()
    with pytest.raises(Trouble, match="4 content codings"):
        decoder_for("gzip, gzip, gzip, br")


SIZE = 20_000_000
BOMBS = {coding: compress(bytes(SIZE)) for coding, compress in COMPRESS.items()}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_comes_out_in_bounded_pieces(coding):
    decoder, total = decoder_for(coding), 0
    for piece in decoded(decoder, BOMBS[coding]):
        assert len(piece) <= 2 * STEP_BYTES
        total += len(piece)
    assert total == SIZE
    assert decoder.finished()


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_is_left_at_any_piece(coding):
    """Whoever has had enough stops asking; nothing is decoded ahead."""
    pieces = decoded(decoder_for(coding), BOMBS[coding])
    assert sum(len(next(pieces)) for _ in range(3)) <= 6 * STEP_BYTES


def test_a_zstd_frame_may_not_ask_for_more_memory_than_http_allows():
    """RFC 9659: a window of 8 MB at most; a frame may ask for 128 MB, in every visit."""
    options = {zstd.CompressionParameter.window_log: 27}
    stream = zstd.ZstdCompressor(options=options)
    frame = stream.compress(os.urandom(10)) + stream.flush()
    with pytest.raises(Trouble) as trouble:
        run("zstd", frame)
    assert trouble.value.kind is Kind.DECODE


EMPTY = {"gzip": gzip.compress(b""), "zstd": zstd.compress(b"")}


@pytest.mark.parametrize("coding", EMPTY)
@pytest.mark.parametrize("piece", [1 << 16, 11])
def test_frames_that_hold_nothing_are_counted(coding, piece):
    """Each costs a decoder: four bodies of them took 99 of 100 visits from the other hosts."""
    with pytest.raises(Trouble, match="frames that hold next to nothing") as trouble:
        run(coding, EMPTY[coding] * (SPARE + 2), piece)
    assert trouble.value.kind is Kind.DECODE


@pytest.mark.parametrize("coding", EMPTY)
def test_frames_that_hold_a_byte_each_are_counted_too(coding):
    with pytest.raises(Trouble, match="frames that hold next to nothing"):
        run(coding, COMPRESS[coding](b"x") * (2 * SPARE))


@pytest.mark.parametrize("coding", EMPTY)
def test_a_body_of_many_short_frames_and_some_empty_ones_comes_out_whole(coding):
    """What bgzip makes ends with an empty member, and a log may have one for each of its lines."""
    line = random.Random(1).randbytes(BYTES_EACH)
    coded = COMPRESS[coding](line) * 3000 + EMPTY[coding] * (SPARE - 1)
    assert run(coding, coded, 1 << 16) == (line * 3000, True)
