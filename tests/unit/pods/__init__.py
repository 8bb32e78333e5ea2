"""Tests of the pod service."""
