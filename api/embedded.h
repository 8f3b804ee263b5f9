/* Documents that were made at build time and are carried in the program. */
#ifndef CARE_API_EMBEDDED_H
#define CARE_API_EMBEDDED_H

#include <stddef.h>

extern const unsigned char openapi_document[];
extern const size_t openapi_document_length;
extern const unsigned char openapi_document_gzip[];
extern const size_t openapi_document_gzip_length;

extern const unsigned char docs_page[];
extern const size_t docs_page_length;
extern const unsigned char docs_page_gzip[];
extern const size_t docs_page_gzip_length;

#endif
