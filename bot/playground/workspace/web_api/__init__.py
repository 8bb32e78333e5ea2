"""The Web API, one module for each family of methods; `dispatch` is the door."""
