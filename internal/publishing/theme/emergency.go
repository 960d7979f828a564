package theme

import "time"

// Emergency stands on the home page in place of everything else, and as a bar
// on all other pages.
type Emergency struct {
	Title   string    `json:"title"`
	Paras   []string  `json:"paras"`
	Links   []Link    `json:"links,omitempty"`
	Hotline string    `json:"hotline,omitempty"`
	Updated time.Time `json:"updated"`
}

// UsualHome is where the usual home page stands while an emergency page takes
// its place.
const UsualHome = "/home.html"

// EmergencyPage is the emergency front page.
var EmergencyPage = define[Emergency]("emergency.html", "emergency")

// EmergencyFrame is the frame of the emergency front page.
func EmergencyFrame(s Site) Frame {
	e := Emergency{}
	if s.Emergency != nil {
		e = *s.Emergency
	}
	f := HomeFrame(s)
	f.Title, f.Data, f.Class = e.Title, nil, "page-emergency"
	return f
}
