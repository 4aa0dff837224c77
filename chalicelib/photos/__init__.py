"""Photos: from an upload slot to small, upright, clean pictures and private evidence."""
