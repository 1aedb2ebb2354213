import 'reflect-metadata'
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import clerkAuth, { type ClerkAuthOptions } from 'fastify-clerk-auth'
import { Permitted, SignedIn } from './clerk.guard.js'

@Controller()
class AppController {
  @Get()
  greet(@Req() { auth }: FastifyRequest) {
    return { hello: auth.userId ?? 'stranger' }
  }

  @Get('me')
  @UseGuards(SignedIn)
  me(@Req() { auth }: FastifyRequest) {
    return { userId: auth.userId }
  }

  @Get('reports')
  @UseGuards(Permitted({ permission: 'org:report:read' }))
  reports() {
    return ['one', 'two']
  }
}

@Module({ controllers: [AppController] })
class AppModule {}

/** Tests hand in the options of a local Clerk; in production there are none: CLERK_* counts. */
export async function createApp(clerk: ClerkAuthOptions = {}) {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: ['error'] })
  await app.register(clerkAuth, clerk)
  return app
}
