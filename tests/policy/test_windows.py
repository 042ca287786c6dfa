"""How long a window is that the start of a compressed stream names."""

import random
import sys

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from crawler.policy.windows import Window, brotli_window, zstd_window

DATA = random.Random(1).randbytes(300_000)


@pytest.mark.parametrize("log", range(10, 25))
def test_brotli_names_its_window(log):
    assert brotli_window(brotli.compress(DATA, quality=1, lgwin=log)) in {
        1 << log,
        1 << max(log, 18),
    }


@pytest.mark.parametrize("log", range(10, 28))
def test_zstd_names_its_window(log):
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: log})
    assert zstd_window(stream.compress(DATA) + stream.flush()) == 1 << log


@pytest.mark.parametrize("length", [1, 255, 256, 300, 65_791, 65_792, 300_000])
def test_a_zstd_frame_of_one_segment_has_its_length_as_window(length):
    assert zstd_window(zstd.compress(DATA[:length])) == length


def test_a_window_between_two_powers_is_read_in_eighths():
    assert zstd_window(b"\x28\xb5\x2f\xfd\x00" + bytes([13 << 3 | 5])) == (1 << 23) * 13 // 8


def test_a_frame_that_is_passed_over_has_no_window():
    assert zstd_window(b"\x50\x2a\x4d\x18" + bytes(10)) == 0


@given(st.binary(max_size=20))
def test_any_bytes_have_a_window_or_none(start):
    assert 0 <= brotli_window(start) <= 1 << 24
    assert zstd_window(start) >= 0


def test_a_window_is_held_as_far_as_it_is_filled():
    window = Window(lambda start: 1000 * len(start), 2)
    window.came(b"ab")
    window.came(b"cd")
    assert window.held() == 0
    window.filled(b"z" * 1500)
    assert window.held() == 1500
    window.filled(b"z" * 1500)
    assert window.held() == 2000


def test_a_window_is_held_whole_while_its_decoder_is_ahead():
    window = Window(lambda _: 1_000_000, 2, ahead=100)
    window.filled(b"z" * 100)
    assert window.held() == 1_000_000
    window.filled(b"z" * 20)
    assert window.held() == 120
