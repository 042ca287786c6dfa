"""The text of a configuration: YAML as plain values, and the file and place of each."""
