"""YAML files that people write: read strictly, mistakes named by their lines, followed as they change."""
