package theme

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"runtime"
	"text/template/parse"
	"time"
)

// Errors of drawing with a bundle.
var (
	errSteps = errors.New("more steps than a page may take")
	errBytes = errors.New("more bytes than a page may have")
	errTime  = errors.New("longer than a page may take")
)

// PageBounds are what a bundle may use for one page. The largest page of a
// portal takes some two thousand steps and 60 KB.
var PageBounds = Bounds{Steps: 200_000, Bytes: 4 << 20, Time: 2 * time.Second}

// guarded is a copy of a page's views that counts its own steps: a tick stands
// at the head of every template and of every range's body. One goroutine
// executes it at a time.
type guarded struct {
	t     *template.Template
	b     Bounds
	out   bytes.Buffer
	steps int
	began time.Time
}

// tick is called by the views; it is always false.
func (g *guarded) tick() (bool, error) {
	g.steps++
	if g.steps > g.b.Steps {
		return false, errSteps
	}
	if g.steps%64 == 0 && time.Since(g.began) > g.b.Time {
		return false, errTime
	}
	return false, nil
}

// Write takes what the page says, up to the cap.
func (g *guarded) Write(p []byte) (int, error) {
	if g.out.Len()+len(p) > g.b.Bytes {
		return 0, errBytes
	}
	return g.out.Write(p)
}

// run draws once; the caller owns g.
func (g *guarded) run(layout string, dot any) ([]byte, error) {
	g.out.Reset()
	g.steps, g.began = 0, time.Now()
	err := g.t.ExecuteTemplate(g, layout, dot)
	if err != nil {
		for _, is := range []error{errSteps, errBytes, errTime} {
			if errors.Is(err, is) {
				return nil, fmt.Errorf("%w: %w", is, err)
			}
		}
		return nil, err
	}
	if g.out.Len() == 0 {
		return nil, errors.New("an empty page")
	}
	return bytes.Clone(g.out.Bytes()), nil
}

// mostIdle copies of a page's views wait for the next page.
func mostIdle() int { return 2 * runtime.GOMAXPROCS(0) }

// guarded draws with a copy of the views that is free, or a new one.
func (p *press) guarded(b Bounds, layout string, dot any) ([]byte, error) {
	var g *guarded
	select {
	case g = <-p.free:
	default:
		set, err := p.t.Clone() // p.t itself is never executed
		if err != nil {
			return nil, err
		}
		g = &guarded{b: b}
		g.t = set.Funcs(template.FuncMap{"tick": g.tick})
	}
	out, err := g.run(layout, dot)
	if g.out.Cap() <= 1<<20 {
		select {
		case p.free <- g:
		default:
		}
	}
	return out, err
}

// idle stands for tick until a copy is made.
func idle() (bool, error) { return false, nil }

// snippet is the first node of a text.
func snippet(text string) parse.Node {
	set, err := parse.Parse("snippet", text, "{{", "}}", map[string]any{"tick": idle, "len": idle})
	if err != nil {
		panic("theme: " + err.Error()) // the texts stand in this file
	}
	return set["snippet"].Root.Nodes[0]
}

// ticking puts a tick at the head of every template and every range's body. It
// is done before the views are escaped; an if without output is none of the
// escaper's business.
func ticking(set *template.Template) {
	mark := snippet("{{if tick}}{{end}}")
	for _, t := range set.Templates() {
		if t.Tree == nil || t.Tree.Root == nil {
			continue
		}
		eachList(t.Tree.Root, func(parent parse.Node, l *parse.ListNode) {
			if _, loop := parent.(*parse.RangeNode); loop || parent == nil {
				l.Nodes = append([]parse.Node{mark.Copy()}, l.Nodes...)
			}
		})
	}
}

// counting asks, before every range, for the length of what it goes over: the
// type check then refuses to range over numbers, functions and channels.
func counting(set *template.Template) {
	for _, t := range set.Templates() {
		if t.Tree == nil || t.Tree.Root == nil {
			continue
		}
		eachList(t.Tree.Root, func(_ parse.Node, l *parse.ListNode) {
			var nodes []parse.Node
			for _, n := range l.Nodes {
				if r, ok := n.(*parse.RangeNode); ok {
					if arg := overField(r); arg != nil {
						ask := snippet("{{if len .}}{{end}}").(*parse.IfNode)
						ask.Pipe.Cmds[0].Args[1] = arg.Copy()
						nodes = append(nodes, ask)
					}
				}
				nodes = append(nodes, n)
			}
			l.Nodes = nodes
		})
	}
}

// overField is the field, variable or dot that a range goes over; nil when it
// goes over anything else.
func overField(r *parse.RangeNode) parse.Node {
	if len(r.Pipe.Cmds) != 1 || len(r.Pipe.Cmds[0].Args) != 1 {
		return nil
	}
	switch a := r.Pipe.Cmds[0].Args[0].(type) {
	case *parse.FieldNode, *parse.VariableNode, *parse.DotNode:
		return a
	}
	return nil
}

// eachList visits every list of nodes with the node it belongs to; nil for a
// template's own.
func eachList(root *parse.ListNode, fn func(parent parse.Node, l *parse.ListNode)) {
	var walk func(parent parse.Node, l *parse.ListNode)
	walk = func(parent parse.Node, l *parse.ListNode) {
		if l == nil {
			return
		}
		for _, n := range l.Nodes {
			switch n := n.(type) {
			case *parse.IfNode:
				walk(n, n.List)
				walk(n, n.ElseList)
			case *parse.WithNode:
				walk(n, n.List)
				walk(n, n.ElseList)
			case *parse.RangeNode:
				walk(n, n.List)
				walk(n.ElseList, n.ElseList) // not a body: it runs once
			}
		}
		fn(parent, l)
	}
	walk(nil, root)
}
