package theme

// Tokens are what a site changes of its theme without touching a file: at most
// three colours, the roundness of boxes and how dense the page is.
type Tokens struct {
	Brand   string `json:"brand,omitempty"`   // #rrggbb: bands, buttons, titles
	Deep    string `json:"deep,omitempty"`    // darker, for the head and foot
	Mark    string `json:"mark,omitempty"`    // for what stands out
	Radius  string `json:"radius,omitempty"`  // square, soft, round
	Density string `json:"density,omitempty"` // loose, tight
}

// None says that the theme's own values stand.
func (k Tokens) None() bool { return k == Tokens{} }

func (k Tokens) css() string { return "" }
