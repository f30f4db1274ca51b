"""What a gated recurrent unit computes, how it learns, and how to draw both, without the app."""
