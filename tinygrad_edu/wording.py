"""What NumPy and Python say of a failure deep inside, and how it is told where a function of ours was called."""

import re

__all__ = ["TOO_LARGE", "in_our_words"]

TOO_LARGE = "the result would be larger than any memory; take smaller sizes"
TYPE = r"(?:numpy\.)?'?(?P<came>[\w.]+)'?"

# What a message begins with, and what is said in its place. All that is in parentheses before it, the name of our
# function and what it was called with, stays.
OUR_WORDS = {
    # memory
    r"Unable to allocate (?P<size>[\d.]+ \w+) for an array with shape (?P<shape>.*) and data type (?P<dtype>\w+)": (
        r"there is no memory for \g<dtype> of shape \g<shape>, which takes \g<size>; take smaller sizes"
    ),
    r"Maximum allowed (dimension|size) exceeded|array is too big|iterator is too large|cannot fit '\w+' into": (
        TOO_LARGE
    ),
    # integers
    r"(Python int|Python integer|int|value) .*?(too (large|big)|out of bounds|out of range)": (
        "a number is out of the range of its dtype; take one nearer to 0"
    ),
    r"negative dimensions are not allowed": "sizes are 0 or more",
    r"`pad_width` must be of integral type": "the widths are integers in the range of int64",
    rf"{TYPE} object cannot be interpreted as an integer": r"an integer is needed, and a \g<came> came",
    r"only integer scalar arrays": "an integer is needed there",
    r"only integers, slices": "a valid index is made of integers, slices, `...`, None and Tensors of integers or bools",
    r"only (length-1|0-dimensional) arrays can be converted|The truth value of an array": (
        "one number is needed, and a Tensor or array of several came"
    ),
    r"slice indices must be integers": "the ends of a slice are integers or None",
    # shapes
    r"maximum supported dimension for an ndarray is currently (?P<most>\d+), found (?P<found>\d+)": (
        r"a Tensor has up to \g<most> dimensions, this would have \g<found>"
    ),
    r"operands could not be broadcast together with (?:remapped )?shapes (?P<shapes>[^[]*)": (
        r"shapes \g<shapes> do not broadcast: sizes must be equal, or one of them 1"
    ),
    r"(?:could not broadcast input array|cannot copy input array) from shape (?P<x>\(.*\)) into shape (?P<y>\(.*\))": (
        r"\g<x> does not broadcast to \g<y>"
    ),
    r"(shape mismatch|operands? .*non-broadcastable|input operand has more dimensions)": "the shapes do not broadcast",
    r"cannot reshape array of size (?P<n>\d+) into shape (?P<shape>.*)": (
        r"\g<n> elements do not fit into shape \g<shape>"
    ),
    r"zero-size array to reduction operation \w+ which has no identity|attempt to get arg\w+ of an empty": (
        "there are no elements"
    ),
    r"all the input arrays? (dimensions|must have)": "the Tensors must agree in all dimensions but one",
    r"axes don't match array|repeated axis|axis \S+ is out of bounds": "the dimensions are not those of the Tensor",
    r"index (?P<i>-?\d+) is out of bounds for axis (?P<d>\d+) with size (?P<n>\d+)": (
        r"index \g<i> is out of range for dimension \g<d>, whose size is \g<n>"
    ),
    r"too many indices for array: array is (?P<n>\d+)-dimensional, but (?P<m>\d+) were indexed": (
        r"too many indices, \g<m> of them for \g<n> dimensions"
    ),
    r"boolean index did not match .* axis (?P<d>\d+); .* is (?P<n>\d+) but .* is (?P<m>\d+)": (
        r"a mask of \g<m> does not fit dimension \g<d>, whose size is \g<n>"
    ),
    r"slice step cannot be zero": "the step of a slice is not 0",
    r"arrays used as indices must be of integer": "an index holds integers or bools",
    r"(setting an array element with a sequence|.*inhomogeneous shape)": "nested lists must have equal lengths",
    r"matmul: Input operand": "the sizes of the matrices do not fit each other",
    # dtypes
    r"Cannot cast (?:scalar|array data|ufunc .*) from dtype\('(?P<came>.+)'\) to dtype\('(?P<needed>\w+)'\)": (
        r"\g<needed> is needed, and \g<came> came"
    ),
    r"ufunc '\w+' (not supported|did not contain)|The DType <.*> could not be promoted|No loop matching": (
        "it is not for elements of this kind; numbers are needed"
    ),
    # other things than numbers and Tensors
    r"[\w.]+\(\) (?P<said>missing \d+ required .*|takes .* positional arguments? but .*)": r"\g<said>",
    rf"(type object )?{TYPE} (object )?has no attribute": r"a Tensor is needed somewhere, and a \g<came> came",
    rf"{TYPE} object is not callable": r"a function is needed, and a \g<came> came",
    rf"{TYPE} object is not (?P<what>\w+)": r"a \g<came> came where something \g<what> is needed",
    rf"{TYPE} object does not support item assignment": r"a \g<came> came where a dict or a list is needed",
    r"must be (real number|str|a string).*, not '?(?P<came>[\w.]+)'?": r"a \g<1> is needed, and a \g<came> came",
    r"(float|int|complex)\(\) argument must be .*, not '?(?P<came>[\w.]+)": r"a number is needed, and a \g<came> came",
    r"(could not convert string to \w+|invalid literal for int\(\) with base 10): (?P<came>.*)": (
        r"a number is needed, and the text \g<came> came"
    ),
    r"'(?P<sign>\S+)' not supported between instances of '(?P<x>[\w.]+)' and '(?P<y>[\w.]+)'": (
        r"a \g<x> and a \g<y> cannot be compared"
    ),
    r"unsupported operand type\(s\) for (?P<sign>\S+(?: or \S+)?): '(?P<x>[\w.]+)' and '(?P<y>[\w.]+)'": (
        r"a \g<x> and a \g<y> cannot be put together by \g<sign>"
    ),
    r"bad operand type for (unary \S|\w+\(\)): '(?P<came>[\w.]+)'": r"a number is needed, and a \g<came> came",
    r"can only concatenate (?P<x>\w+) \(not \"(?P<y>\w+)\"\) to \w+": r"a \g<x> is needed, and a \g<y> came",
    r"can't multiply sequence by non-int of type '(?P<came>[\w.]+)'": r"a number is needed, and not a sequence",
    r"unhashable type: '(?P<came>[\w.]+)'": r"a \g<came> cannot serve there",
    r"object of type '(?P<came>[\w.]+)' has no len\(\)": r"a sequence is needed, and a \g<came> came",
    r"(list|tuple|string) index out of range|pop from an empty": "there are too few entries",
    r"not enough values to unpack \(expected (?:at least )?(?P<n>\d+), got (?P<m>\d+)\)": (
        r"\g<n> values are needed, and \g<m> came"
    ),
    r"too many values to unpack \(expected (?P<n>\d+).*\)": r"\g<n> values are needed, and more came",
    r"cannot unpack non-iterable (?P<came>[\w.]+) object": r"several values are needed, and a \g<came> came",
    r"zip\(\) argument \d+ is (shorter|longer) than": "there must be as many of the one as of the other",
    r"cannot convert float (?P<came>NaN|infinity) to integer": r"an integer is needed, and \g<came> came",
    r"(float|integer|Integer)s? .*division.* by zero|division by zero|integer modulo by zero|float modulo": (
        "it is divided by 0"
    ),
    r"'(?P<codec>[\w-]+)' codec can't decode byte (?P<byte>\w+) in position (?P<place>\d+).*": (
        r"it is no text: byte \g<place> is \g<byte>, which \g<codec> does not have there"
    ),
    r"'(?P<codec>[\w-]+)' codec can't decode bytes in position (?P<start>\d+)-(?P<end>\d+).*": (
        r"it is no text: bytes \g<start> to \g<end> are none of \g<codec>"
    ),
    r"unpack_from requires a buffer of at least|buffer (size must be a multiple|is smaller)": "it is cut short",
    r"maximum recursion depth exceeded": "it is nested too deep",
    r"math domain error|expected a .*input.*": "a number is outside of what the function is defined for",
    r"math range error|\(34, ": "a number is too large",
}


def in_our_words(error: Exception) -> str:
    """The message of an error that came from below, put in our words where it is a common one."""
    said = str(error)
    for theirs, ours in OUR_WORDS.items():
        if found := re.match(theirs, said):
            return re.sub(r"\ba (?=[aeio])", "an ", found.expand(ours))
    return said
