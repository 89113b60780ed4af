from endpoint_nodes.extension.sandbox.image_files import ImageFiles


def test_an_image_is_kept_under_a_name_of_its_content() -> None:
    files = ImageFiles()
    name = files.put(b"one", "image/png", "png")
    assert files.put(b"one", "image/png", "png") == name
    found = files.get(name)
    assert found
    assert (found.data, found.media_type) == (b"one", "image/png")


def test_an_image_leaves_when_its_time_is_over() -> None:
    files = ImageFiles(lifetime=-1)
    assert files.get(files.put(b"one", "image/png", "png")) is None


def test_the_oldest_images_leave_when_the_memory_is_full() -> None:
    files = ImageFiles(capacity=10)
    names = [files.put(bytes([number]) * 4, "image/png", "png") for number in range(4)]
    assert [files.get(name) is not None for name in names] == [False, False, True, True]
