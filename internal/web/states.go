package web

import "math"

// StateBox is one state of States, at a place of its grid.
type StateBox struct {
	Key, Name string
	Col, Row  int
	Now, Was  bool // where it is; where it has been
}

// StateMove is one declared move between two states.
type StateMove struct {
	From, To string
	N        int  // number drawn on the arrow and listed beside
	Open     bool // may come now
	Low      bool // goes round below the boxes
}

// States draws a table of transitions: what is now, what may come. It repeats
// what the list of moves beside it says, so readers of the screen get its label
// and no more.
type States struct {
	Label string
	Boxes []StateBox
	Moves []StateMove
}

func (States) partial() string { return "states" }

// The drawing, in units of the view box.
const (
	stateWide, stateTall = 120, 44
	stateGapX, stateGapY = 76, 46
	stateRoom            = 12
	stateMark            = 9
)

// StateDrawn is a box with its place.
type StateDrawn struct {
	StateBox
	X, Y, MidX, MidY int
}

// Class is how the box is shown.
func (d StateDrawn) Class() string {
	switch {
	case d.Now:
		return "now"
	case d.Was:
		return "done"
	}
	return "waiting"
}

// MoveDrawn is an arrow with its place.
type MoveDrawn struct {
	StateMove
	Path         string
	MarkX, MarkY int
}

func (s States) place(b StateBox) StateDrawn {
	x, y := stateRoom+b.Col*(stateWide+stateGapX), stateRoom+b.Row*(stateTall+stateGapY)
	return StateDrawn{b, x, y, x + stateWide/2, y + stateTall/2}
}

// Drawn are the boxes with their places.
func (s States) Drawn() []StateDrawn {
	var out []StateDrawn
	for _, b := range s.Boxes {
		out = append(out, s.place(b))
	}
	return out
}

func (s States) size() (cols, rows int) {
	for _, b := range s.Boxes {
		cols, rows = max(cols, b.Col+1), max(rows, b.Row+1)
	}
	return cols, rows
}

// Width of the drawing.
func (s States) Width() int {
	cols, _ := s.size()
	return 2*stateRoom + cols*(stateWide+stateGapX) - stateGapX
}

// Height of the drawing, with room for the arrows that go round.
func (s States) Height() int {
	_, rows := s.size()
	return 2*stateRoom + rows*(stateTall+stateGapY) - stateGapY + 2*stateMark + 14
}

// Arrows are the moves with their lines, from edge to edge; two between the
// same boxes run side by side.
func (s States) Arrows() []MoveDrawn {
	at := map[string]StateDrawn{}
	for _, d := range s.Drawn() {
		at[d.Key] = d
	}
	seen := map[[2]string]int{}
	var out []MoveDrawn
	for _, m := range s.Moves {
		from, okFrom := at[m.From]
		to, okTo := at[m.To]
		if !okFrom || !okTo || m.From == m.To {
			continue
		}
		if m.Low {
			base := s.Height() - stateRoom - stateMark
			p := lines(from.MidX, from.Y+stateTall, from.MidX, base, to.MidX, base, to.MidX, to.Y+stateTall)
			out = append(out, MoveDrawn{m, p + head(float64(to.MidX), float64(base), float64(to.MidX), float64(to.Y+stateTall)), (from.MidX + to.MidX) / 2, base})
			continue
		}
		pair := [2]string{min(m.From, m.To), max(m.From, m.To)}
		n := seen[pair]
		seen[pair]++
		// Side by side: the first above the middle line, the next below.
		dx, dy := float64(to.MidX-from.MidX), float64(to.MidY-from.MidY)
		long := math.Hypot(dx, dy)
		side := []float64{-11, 11, -30, 30}[n%4]
		if m.From > m.To {
			side = -side
		}
		ox, oy := -dy/long*side, dx/long*side
		x1, y1 := edge(float64(from.MidX)+ox, float64(from.MidY)+oy, dx, dy, from)
		x2, y2 := edge(float64(to.MidX)+ox, float64(to.MidY)+oy, -dx, -dy, to)
		p := lines(int(x1), int(y1), int(x2), int(y2)) + head(x1, y1, x2, y2)
		out = append(out, MoveDrawn{m, p, int((x1 + x2) / 2), int((y1 + y2) / 2)})
	}
	return out
}

// edge is where the ray from a point inside the box leaves it.
func edge(x, y, dx, dy float64, d StateDrawn) (float64, float64) {
	t := math.Inf(1)
	if dx > 0 {
		t = min(t, (float64(d.X+stateWide)-x)/dx)
	} else if dx < 0 {
		t = min(t, (float64(d.X)-x)/dx)
	}
	if dy > 0 {
		t = min(t, (float64(d.Y+stateTall)-y)/dy)
	} else if dy < 0 {
		t = min(t, (float64(d.Y)-y)/dy)
	}
	return x + dx*t, y + dy*t
}

func lines(points ...int) string {
	p := "M"
	for i := 0; i+1 < len(points); i += 2 {
		if i > 0 {
			p += " L"
		}
		p += signedText(points[i]) + " " + signedText(points[i+1])
	}
	return p
}

// head is the arrow's head at the second point.
func head(x1, y1, x2, y2 float64) string {
	a := math.Atan2(y2-y1, x2-x1)
	l, r := a+2.7, a-2.7
	return " " + lines(int(x2+8*math.Cos(l)), int(y2+8*math.Sin(l)), int(x2), int(y2), int(x2+8*math.Cos(r)), int(y2+8*math.Sin(r)))
}

func signedText(n int) string {
	if n < 0 {
		return "-" + numberText(-n)
	}
	return numberText(n)
}
