package library

// Share is whether other units may use an item (共享属性).
type Share string

// The share attributes.
const (
	Unconditional Share = "unconditional"
	Conditional   Share = "conditional"
	NoShare       Share = "none"
)

// shareOf is the share attribute of a version.
func shareOf(Meta) Share { return Unconditional }

// shareTerms are the conditions of a conditional share.
func shareTerms(Meta) string { return "" }

// languageOf is the language an item is in.
func languageOf(Item) string { return "zh" }

// ShareOf is the share attribute of an item as its version says.
func ShareOf(it Item) Share { return shareOf(it.Meta) }

// ShareTerms are the conditions of a conditional share.
func ShareTerms(it Item) string { return shareTerms(it.Meta) }

// Name is the attribute in Chinese.
func (s Share) Name() string {
	switch s {
	case Conditional:
		return "有条件共享"
	case NoShare:
		return "不予共享"
	}
	return "无条件共享"
}
