"""Commands of the command line, one module each. They load what they need when they are called: `--help` stays fast."""
