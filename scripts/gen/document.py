"""The bundled contract as JSON, and bytes that the server carries with it."""
import gzip
import json

from gen.c import BANNER, byte_array


def bundle(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def embedded(name, text):
    """The text and a gzip copy of it, as name, name_length, name_gzip and name_gzip_length."""
    data = text.encode()
    packed = gzip.compress(data, 9, mtime=0)
    return (BANNER + '#include "api/embedded.h"\n\n' + byte_array(name, data) + "\n"
            + byte_array(name + "_gzip", packed))
