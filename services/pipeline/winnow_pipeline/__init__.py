"""Lead lists in, qualified leads out."""
