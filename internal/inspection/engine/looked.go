package engine

import (
	"slices"
	"strings"
)

// looks says, by check or else by family, how a run tells that it put a check to a
// place. What stands neither here nor in others no run closes.
var looks = map[string]func(r *Report, id, page, place string) bool{
	"access": func(r *Report, _, _, _ string) bool { return r.Reachable },
	"home":   func(r *Report, _, _, _ string) bool { return r.home },
	"column": func(r *Report, _, _, place string) bool { return r.columns[place] },

	"link":           func(r *Report, _, page, place string) bool { return r.judged[place] || r.withdrawn(page, place) },
	"link.empty":     onPage,
	"link.malformed": onPage,
	"attachment":     func(r *Report, _, page, place string) bool { return r.read[place] || r.withdrawn(page, place) },

	"cloaked":  func(r *Report, _, page, place string) bool { return r.disguised[page+" "+place] },
	"change":   func(r *Report, _, page, _ string) bool { return r.compared[page] },
	"rendered": func(r *Report, _, page, _ string) bool { return r.rendered[page] },
	"focus":    func(r *Report, id, page, _ string) bool { return r.Visited[page] && slices.Contains(r.focus, id) },

	// Words are read by the scanner.
	"wording": inText, "sensitive": inText, "content": inText,

	"concealed": onPage, "script": onPage, "privacy": onPage, "header": onPage, "footer": onPage, "tags": onPage, "dates": onPage, "source": onPage,
	"design": onPage, "function": onPage, "guide": onPage, "accessible": onPage,
	// A page shows an item of ours where the site is hosted here.
	"item": func(r *Report, _, page, _ string) bool { return r.hosted && r.Visited[page] },

	CheckStyled: func(r *Report, _, page, _ string) bool { return r.dressed[page] },

	"function.search": func(r *Report, _, _, _ string) bool { return r.searched },
	"dates.all_same":  func(r *Report, _, _, _ string) bool { return r.dated },
	CheckListed:       onPage,
	CheckDowngraded: func(r *Report, _, page, place string) bool {
		if place == atHome {
			return r.Reachable
		}
		return r.Visited[page] || r.read[page]
	},
	"accessible.axe": func(r *Report, _, page, _ string) bool { return r.audited[page] },
}

func onPage(r *Report, _, page, _ string) bool { return r.Visited[page] }

func inText(r *Report, _, page, _ string) bool { return r.Visited[page] && !r.Partial }

// others names, by check or else by family, who alone closes what no run looks
// for, whatever pages the run visited.
var others = map[string]string{
	"access.rate": "the probes, JudgeAccess",
	"dates.moved": "a retest, which holds the page against the finding: it was seen once, as it moved",
	"host":        "hosts, which asks the DNS and the server every day",
	"tamper":      "integrity, which holds what is served against the release",
	"notice":      "notice, by its own daily look",
	"ledger":      "whoever settles it against the ledger",
	"account":     "newmedia: no page of a site",
	"duty":        "the person on duty",
	"manual":      "a person of the supervisor",
}

// lookOf is how a run looks for a check; nil where it is another's.
func lookOf(id string) func(r *Report, id, page, place string) bool {
	family, _, _ := strings.Cut(id, ".")
	if look, ok := looks[id]; ok {
		return look
	}
	if others[id] != "" {
		return nil
	}
	return looks[family]
}

// withdrawn reports whether a page was read and no page of the run has the link
// any more.
func (r *Report) withdrawn(page, target string) bool {
	return r.Visited[page] && !r.met[target] && !r.unmet
}

// Looked reports whether the run looked at the page or link a finding is about,
// so that its absence from the report means it is gone.
func (r *Report) Looked(checkID, page, place string) bool {
	family, _, _ := strings.Cut(checkID, ".")
	if r.cut || r.unsure[checkID+" "+page] || r.unsure[checkID+" "+place] || r.unsure[family+".* "+page] {
		return false
	}
	if family != "focus" && len(r.put) > 0 && !slices.Contains(r.put, family) {
		return false
	}
	look := lookOf(checkID)
	return look != nil && look(r, checkID, page, place)
}

// Unlooked are the pages a finding stands on that the run did not look at for it.
// It is gone when there are none, and the run has not seen it.
func (r *Report) Unlooked(f Spot) (out []string) {
	for _, page := range append([]string{f.URL}, f.Also...) {
		if _, gone := r.takenFrom(f, page); !gone && !r.Looked(f.Check, page, f.Where) && !slices.Contains(out, page) {
			out = append(out, page)
		}
	}
	return out
}

// KeepUnlooked adds to what a run saw of a known finding the pages it stood on and
// that the run did not look at: there it still stands, for all that is known.
func (s *Sighting) KeepUnlooked(pages []string) {
	for _, page := range pages {
		if page == s.URL || slices.Contains(s.Also, page) {
			continue
		}
		s.Pages++
		if len(s.Also) < maxAlso {
			s.Also = append(slices.Clip(s.Also), page)
		}
	}
}
