// Package security is the yearly check of government sites by 网信 (Article
// 23(1): 网信部门每年对全省政府网站进行安全管理工作检查): a plan over every site of
// an area, a sheet for each site by the five layers the article names, the
// holes found, the order to close them, the retest, and what is covered.
//
// It decides when a site counts as checked, by when a hole is to be closed and
// who may say that it is. It looks at no system itself: people and their tools
// do. What is wrong with a site stays between 网信, the sponsor with its
// operator, and the supervisor.
package security
