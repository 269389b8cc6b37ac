module mrn

go 1.25
