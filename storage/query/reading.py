"""Tokens to a tree. NOT and `-` bind first, then AND, then OR, then mere spaces: `a b OR c` is a AND (b OR c)."""

from storage.query.scanning import AND, CLOSE, END, LEAF, NOT, OPEN, OR, Kind, Scanner, Token
from storage.query.tree import All, Any, Category, Node, Not, Phrase, Type, Word, all_of, any_of, none_of

MAX_DEPTH = 10  # groups within one another
_GROUPS_OF_A_BRACKET = 3  # at most: of spaces, of OR and of AND


def read(scanner: Scanner) -> All:
    """The tree of what was scanned."""
    tokens = scanner.scan()
    if all(type(token.node) is Word and not token.minus for token in tokens):
        return All(tuple([token.node for token in tokens if token.node]))  # most queries are words
    reader = _Reader(tokens)
    node = reader.read()
    scanner.odd |= reader.odd
    if node is None:  # nothing but operators: whoever types `OR` looks for the word
        node = all_of(Word(each.text) for each in tokens if each.text)
    if (scanner.deepest + 1) * _GROUPS_OF_A_BRACKET > MAX_DEPTH:
        pruned = _pruned(node, MAX_DEPTH)
        scanner.odd |= pruned != node
        node = pruned
    root = node if isinstance(node, All) else All((node,) if node else ())
    has_types = any(type(token.node) is Type for token in tokens)
    return _scoped(root, frozenset()) if has_types else root


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.odd = False  # an operator without its operand, or a bracket that does not end
        self._kinds = [token.kind for token in tokens]
        self._kinds.append(END)
        self._at = 0

    def read(self) -> Node | None:
        """The whole; brackets that do not end, end with it."""
        return self._spaces()

    def _takes(self, kind: Kind) -> bool:
        found = self._kinds[self._at] is kind
        self._at += found
        return found

    def _spaces(self) -> Node | None:
        parts: list[Node | None] = []
        while (kind := self._kinds[self._at]) is not CLOSE and kind is not END:
            following = self._kinds[self._at + 1]
            is_alone = kind is LEAF and following is not OR and following is not AND
            parts.append(self._operand() if is_alone else self._or())  # what most queries are made of
        return all_of(parts)

    def _or(self) -> Node | None:
        node = self._and()
        if self._kinds[self._at] is not OR:
            return node
        parts = [node]
        while self._takes(OR):
            parts.append(self._and())
        self.odd |= None in parts
        return any_of(parts)

    def _and(self) -> Node | None:
        node = self._not()
        if self._kinds[self._at] is not AND:
            return node
        parts = [node]
        while self._takes(AND):
            parts.append(self._not())
        self.odd |= None in parts
        return all_of(parts)

    def _not(self) -> Node | None:
        negated = False
        while self._takes(NOT):
            negated = not negated
        node = self._operand()
        self.odd |= negated and node is None
        return none_of(node) if negated else node

    def _operand(self) -> Node | None:
        kind = self._kinds[self._at]
        if kind is not LEAF and kind is not OPEN:
            return None
        token = self.tokens[self._at]
        self._at += 1
        node = token.node
        if kind is OPEN:
            node = self._spaces()
            self.odd |= not self._takes(CLOSE)
        return none_of(node) if token.minus else node


def _pruned(node: Node | None, room: int) -> Node | None:
    """The node without the groups that stand too deep in it."""
    match node:
        case All(parts):
            return all_of(_pruned(part, room - 1) for part in parts) if room else None
        case Any(parts):
            return any_of(_pruned(part, room - 1) for part in parts) if room else None
        case Not(part):
            return none_of(_pruned(part, room))
    return node


def _scoped(node: All, within: frozenset[str]) -> All:
    """The same with each type asked for within the categories beside it: a cross-list elsewhere is none here."""
    named = frozenset[str]().union(*(_names(part) for part in node.parts)) or within
    return All(tuple(_within(part, named) for part in node.parts))


def _names(part: Node) -> frozenset[str]:
    match part:
        case Category(names):
            return names
        case Any(parts) if all(isinstance(each, Category) for each in parts):
            return frozenset[str]().union(*(_names(each) for each in parts))
    return frozenset()


def _within(node: Node, within: frozenset[str]) -> Node:
    match node:
        case Type(kinds):
            return Type(kinds, within)
        case Not(part):
            return Not(_within(part, within))
        case Any(parts):
            return Any(tuple(_within(part, within) for part in parts))
        case All():
            return _scoped(node, within)
    return node


def is_plain(tree: All) -> bool:
    """Whether the tree is of words and phrases only, which need no explanation."""
    return all(isinstance(part, Word | Phrase) and not part.field for part in tree.parts)
