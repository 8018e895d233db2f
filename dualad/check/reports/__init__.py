"""What a check finds (`findings`), shown to its caller (`report`) as `text` or, in notebooks, as `html`."""
