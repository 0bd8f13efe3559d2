module zhudian

go 1.26
