package matrix

import "zhengshu/internal/org"

// Reorganise is the matrices' part in a reorganisation: the office that is to
// name a head is the one that follows. Places are derived anew.
func Reorganise() org.Module {
	return org.Carries("matrix", org.Owned{Table: "media_matrix_gap", Kind: "media_matrix_gap", Noun: "矩阵归位", ID: "matrix || ':' || area_id", Name: "(SELECT a.name FROM area a WHERE a.id = media_matrix_gap.area_id)", Link: "'/console/matrix?state=missing'"})
}
