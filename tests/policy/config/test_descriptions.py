"""What is said of options is read where it stands, and nowhere else."""

from crawler.config import HostOptions, Settings, schema
from crawler.config.descriptions import descriptions
from crawler.config.host_options import HostPoliteness


def test_what_is_said_of_an_option_of_hosts_is_what_is_said_of_it_for_jobs():
    said = descriptions(HostOptions)
    assert said.keys() == HostOptions.model_fields.keys()
    assert descriptions(HostPoliteness).items() <= said.items()


def test_the_models_have_no_descriptions_and_the_schema_has_them():
    assert not any(field.description for field in Settings.model_fields.values())
    assert "description" in schema()["$defs"]["Job"]["properties"]["name"]
