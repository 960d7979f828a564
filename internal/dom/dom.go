// Package dom walks parsed pages in the order of their text and reads their elements.
//
// It decides which node comes next and what stands in an attribute or a child. It does not decide what a node means, nor parse
// anything: that is html's.
package dom

import "golang.org/x/net/html"

// Following is the node that comes after n in the text of the document, below root;
// nil at its end. It is a good deal faster than an iterator that calls itself.
func Following(n, root *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for ; n != root; n = n.Parent {
		if n.NextSibling != nil {
			return n.NextSibling
		}
	}
	return nil
}
