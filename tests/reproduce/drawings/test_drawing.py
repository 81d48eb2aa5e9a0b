from blindsr.reproduce.drawings.drawing import Drawing


def test_a_drawing_needs_what_it_says() -> None:
    assert tuple(Drawing(data="Set5").sets()) == ("Set5",)
    assert tuple(Drawing().sets()) == tuple(Drawing().used()) == tuple(Drawing().libraries()) == ()
