"""The command line. Heavy imports stand inside commands: `medcite --help` pays for none of them."""
