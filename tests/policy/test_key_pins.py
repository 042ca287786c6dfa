"""Keys in certificates as another library finds them, and pins as they are written."""

import base64
import hashlib

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from crawler.policy.key_pins import pin, pin_of

PIN = f"sha256/{base64.b64encode(bytes(32)).decode()}"


def certificate(kind) -> x509.Certificate:
    issued = trustme.CA(key_type=kind).issue_cert("example.org", key_type=kind)
    return x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())


@pytest.mark.parametrize("kind", list(trustme.KeyType))
def test_the_key_is_the_one_that_a_library_finds(kind):
    found = certificate(kind)
    key = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    wanted = base64.b64encode(hashlib.sha256(key).digest()).decode()
    assert pin_of(found.public_bytes(Encoding.DER)) == f"sha256/{wanted}"


def test_what_is_no_certificate_is_told_wherever_it_breaks_off():
    whole = certificate(trustme.KeyType.ECDSA).public_bytes(Encoding.DER)
    for length in range(0, len(whole), 7):
        with pytest.raises(ValueError, match="it breaks off"):
            pin_of(whole[:length])
    with pytest.raises(ValueError, match="it "):
        pin_of(b"\x30\x84\xff\xff\xff\xff" + whole)


@pytest.mark.parametrize("text", [PIN, PIN.replace("sha256/", "SHA256//")])
def test_a_pin_is_read_as_curl_writes_it_too(text):
    assert pin(text) == PIN


@pytest.mark.parametrize(
    "text", ["", "sha256/", "sha256/abc", "md5/" + PIN[7:], PIN[:-4], "sha256/é"]
)
def test_what_is_no_pin_is_told(text):
    with pytest.raises(ValueError, match="is no pin: sha256/ and 44 characters"):
        pin(text)
