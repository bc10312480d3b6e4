"""The API's OpenAPI document, made from the tables that the API itself works with."""
