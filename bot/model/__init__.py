"""The values that every part speaks: pods, deaths, incidents, messages, people. Pure; imports no part."""
