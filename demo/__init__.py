"""A platform to practise on: Ignicloud's schema, filled by Faker, with known attacks planted in it."""
