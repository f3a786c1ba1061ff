"""Bytes of uploads are sent as other bytes are: schemathesis does not know their media type. Loaded by schemathesis_flow_test.py."""

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
