"""Extensions of file names by media type: the usual ones, the same on every machine. Pure."""

_EXTENSIONS = {
    "application/atom+xml": "atom", "application/epub+zip": "epub", "application/gzip": "gz",
    "application/java-archive": "jar", "application/javascript": "js", "application/json": "json",
    "application/ld+json": "jsonld", "application/msword": "doc", "application/pdf": "pdf",
    "application/pgp-signature": "sig", "application/postscript": "ps",
    "application/rss+xml": "rss", "application/rtf": "rtf", "application/sql": "sql",
    "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.rar": "rar", "application/wasm": "wasm", "application/x-7z-compressed": "7z",
    "application/x-bzip2": "bz2", "application/x-gzip": "gz", "application/x-ndjson": "ndjson",
    "application/x-rar-compressed": "rar", "application/x-tar": "tar", "application/x-xz": "xz",
    "application/x-zip-compressed": "zip", "application/xhtml+xml": "xhtml",
    "application/xml": "xml", "application/yaml": "yaml", "application/zip": "zip",
    "application/zstd": "zst",
    "audio/aac": "aac", "audio/flac": "flac", "audio/midi": "mid", "audio/mp4": "m4a",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/opus": "opus", "audio/wav": "wav",
    "audio/webm": "weba", "audio/x-wav": "wav",
    "font/otf": "otf", "font/ttf": "ttf", "font/woff": "woff", "font/woff2": "woff2",
    "image/avif": "avif", "image/bmp": "bmp", "image/gif": "gif", "image/heic": "heic",
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/jxl": "jxl", "image/png": "png",
    "image/svg+xml": "svg", "image/tiff": "tiff", "image/vnd.microsoft.icon": "ico",
    "image/webp": "webp", "image/x-icon": "ico",
    "message/rfc822": "eml", "model/gltf-binary": "glb",
    "text/calendar": "ics", "text/css": "css", "text/csv": "csv", "text/html": "html",
    "text/javascript": "js", "text/markdown": "md", "text/plain": "txt", "text/rtf": "rtf",
    "text/tab-separated-values": "tsv", "text/vcard": "vcf", "text/vtt": "vtt", "text/xml": "xml",
    "text/yaml": "yaml",
    "video/mp2t": "ts", "video/mp4": "mp4", "video/mpeg": "mpg", "video/ogg": "ogv",
    "video/quicktime": "mov", "video/webm": "webm", "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}  # fmt: skip
"""By type/subtype (www.iana.org/assignments/media-types, and what is common beside it)."""
_SUFFIXES = {"json": "json", "xml": "xml", "zip": "zip", "gzip": "gz", "yaml": "yaml"}
"""By the structured syntax suffix of a subtype that is not known (RFC 6838, section 4.2.8)."""


def extension_of(media_type: str | None) -> str:
    """Return the extension of a media type, without a dot; "" where it says nothing of a format."""
    kind = media_type or ""
    return _EXTENSIONS.get(kind) or _SUFFIXES.get(kind.rpartition("+")[2], "")
