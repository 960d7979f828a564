// Package org keeps areas, units, people and posts, and answers who stands
// above whom.
//
// A unit stands on two axes (Article 4): its area (块) and, for departments,
// its line of business (条). Both are materialised paths that end in the unit's
// own segment, so a subtree is one index range. Articles 6 to 8 climb the area
// axis: unit → the office of the same level → the office above → the province.
//
// It does not decide what a post permits (authz does) nor whether a unit may
// open a site (rules does).
package org
